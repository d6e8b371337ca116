package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const (
	java          = "/java/bin/java"
	kafkaLibs     = "/kafka/libs/*"
	kafkaSettings = "/tmp/server.properties"
	// Any 16 bytes in base64: a broker refuses data that another cluster wrote.
	kafkaCluster = "bWlsdnVzLmNsdXN0ZXIubA"
)

// One process is broker and controller, and needs no ZooKeeper.
var (
	alone = map[string]string{
		"process.roles":                            "broker,controller",
		"node.id":                                  "0",
		"controller.quorum.voters":                 "0@localhost:9094",
		"controller.listener.names":                "CONTROLLER",
		"listeners":                                "PLAINTEXT://:9092",
		"listener.security.protocol.map":           "PLAINTEXT:PLAINTEXT",
		"log.dirs":                                 "/bitnami/kafka/data",
		"offsets.topic.replication.factor":         "1",
		"transaction.state.log.replication.factor": "1",
		"transaction.state.log.min.isr":            "1",
	}
	controller = map[string]string{
		"listeners":                      ",CONTROLLER://:9094",
		"listener.security.protocol.map": ",CONTROLLER:PLAINTEXT",
	}
	smallJava = "-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
)

// startKafka formats the data folder where that has not been done, then becomes Kafka.
//
// Settings come from the environment by the convention of the chart's images: KAFKA_CFG_LOG_DIRS is log.dirs.
func startKafka([]string) error {
	settings := settingsFrom(os.Environ())
	if err := os.WriteFile(kafkaSettings, []byte(asProperties(settings)), 0o644); err != nil {
		return err
	}
	data, _, _ := strings.Cut(settings["log.dirs"], ",")
	_, err := os.Stat(filepath.Join(data, "meta.properties"))
	if errors.Is(err, fs.ErrNotExist) {
		err = run(javaCommand("kafka.tools.StorageTool", "format", "-t", kafkaCluster, "-c", kafkaSettings))
	}
	if err != nil {
		return err
	}
	return become(java, javaCommand("kafka.Kafka", kafkaSettings))
}

func settingsFrom(environment []string) map[string]string {
	settings := maps.Clone(alone)
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		name, found := strings.CutPrefix(name, "KAFKA_CFG_")
		if !found && name != "KAFKA_INTER_BROKER_LISTENER_NAME" {
			continue
		}
		name = strings.TrimPrefix(name, "KAFKA_")
		settings[strings.ReplaceAll(strings.ToLower(name), "_", ".")] = value
	}
	delete(settings, "zookeeper.connect")
	for name, addition := range controller {
		settings[name] += addition
	}
	return settings
}

func asProperties(settings map[string]string) string {
	lines := ""
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		lines += name + "=" + settings[name] + "\n"
	}
	return lines
}

func javaCommand(arguments ...string) []string {
	options := os.Getenv("KAFKA_HEAP_OPTS")
	if options == "" {
		options = smallJava
	}
	return slices.Concat([]string{java}, strings.Fields(options), []string{"-cp", kafkaLibs}, arguments)
}

func run(command []string) error {
	process := exec.Command(command[0], command[1:]...)
	process.Stdout, process.Stderr = os.Stdout, os.Stderr
	return process.Run()
}
