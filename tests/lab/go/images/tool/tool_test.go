package main

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestOverlay(t *testing.T) {
	for _, row := range []struct{ name, base, overrides, merged string }{
		{"maps merge at every depth", "a: {b: {c: 1, d: 2}}", "a: {b: {d: 3, e: 4}}", "a: {b: {c: 1, d: 3, e: 4}}"},
		{"lists are replaced", "a: [1, 2]", "a: [3]", "a: [3]"},
		{"a map replaces a scalar", "a: 1", "a: {b: 2}", "a: {b: 2}"},
		{"a scalar replaces a map", "a: {b: 2}", "a: 1", "a: 1"},
		{"null stays, it does not remove", "a: 1", "a: null", "a: null"},
		{"a comment alone changes nothing", "a: 1", "# none", "a: 1"},
		{"nothing below", "", "a: 1", "a: 1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			base, overrides := filepath.Join(folder, "base"), filepath.Join(folder, "overrides")
			write(t, base, row.base)
			write(t, overrides, row.overrides)
			if err := mergeFiles([]string{"-s", overrides, "-d", base}); err != nil {
				t.Fatal(err)
			}
			found, err := readMap(base)
			if err != nil {
				t.Fatal(err)
			}
			var wanted map[string]any
			if err := yaml.Unmarshal([]byte(row.merged), &wanted); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(found, wanted) {
				t.Errorf("got %v, want %v", found, wanted)
			}
		})
	}
}

func TestMergeFailsWhereAFileIsNoMap(t *testing.T) {
	folder := t.TempDir()
	base, overrides := filepath.Join(folder, "base"), filepath.Join(folder, "overrides")
	write(t, base, "a: 1")
	write(t, overrides, "[1]")
	for _, source := range []string{overrides, filepath.Join(folder, "missing")} {
		if err := mergeFiles([]string{"-s", source, "-d", base}); err == nil {
			t.Errorf("%s was merged", source)
		}
	}
}

func TestKafkaSettings(t *testing.T) {
	settings := settingsFrom([]string{
		"HOME=/",
		"KAFKA_HEAP_OPTS=-Xmx1g",
		"KAFKA_INTER_BROKER_LISTENER_NAME=INTERNAL",
		"KAFKA_CFG_LISTENERS=CLIENT://:9092",
		"KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP=CLIENT:PLAINTEXT",
		"KAFKA_CFG_LOG_DIRS=/data",
		"KAFKA_CFG_ZOOKEEPER_CONNECT=my-release-zookeeper",
	})
	for name, value := range map[string]string{
		"inter.broker.listener.name":     "INTERNAL",
		"listeners":                      "CLIENT://:9092,CONTROLLER://:9094",
		"listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"log.dirs":                       "/data",
		"process.roles":                  "broker,controller",
	} {
		if settings[name] != value {
			t.Errorf("%s is %q, want %q", name, settings[name], value)
		}
	}
	for _, name := range []string{"zookeeper.connect", "heap.opts", "home"} {
		if value, found := settings[name]; found {
			t.Errorf("%s is %q, want nothing", name, value)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
