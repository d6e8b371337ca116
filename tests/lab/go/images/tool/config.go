package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The files of Milvus' configuration in the order in which one overrides the other; Milvus reads the first.
const configs = "/milvus/configs"

var layers = []string{"milvus.yaml", "default.yaml", "user.yaml"}

// copyFiles copies each of the files in the first argument to its place in the second; commas separate them.
func copyFiles(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: cp FROM,… TO,…")
	}
	from, to := strings.Split(arguments[0], ","), strings.Split(arguments[1], ",")
	if len(from) != len(to) {
		return fmt.Errorf("%d files for %d places", len(from), len(to))
	}
	for number, source := range from {
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := os.WriteFile(to[number], content, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// mergeFiles merges the YAML file -s over the YAML file -d, in place.
func mergeFiles(arguments []string) error {
	flags := flag.NewFlagSet("merge", flag.ContinueOnError)
	source := flags.String("s", "", "the file that overrides")
	destination := flags.String("d", "", "the file that is overridden, and written")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	base, err := readMap(*destination)
	if err != nil {
		return err
	}
	overrides, err := readMap(*source)
	if err != nil {
		return err
	}
	content, err := yaml.Marshal(overlay(base, overrides))
	if err != nil {
		return err
	}
	return os.WriteFile(*destination, content, 0o644)
}

// runMilvus merges the configuration of the chart and of its user into that of the image, then becomes the program named.
func runMilvus(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("usage: run-helm.sh PROGRAM [ARGUMENT…]")
	}
	for _, layer := range layers[1:] {
		if err := mergeFiles([]string{"-s", filepath.Join(configs, layer), "-d", filepath.Join(configs, layers[0])}); err != nil {
			return err
		}
	}
	program, err := exec.LookPath(arguments[0])
	if err != nil {
		return err
	}
	return become(program, arguments)
}

// readMap reads a file that holds one YAML map, or nothing.
func readMap(path string) (map[string]any, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document map[string]any
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return document, nil
}

// overlay merges maps into maps; anything else replaces what was there.
func overlay(base, overrides map[string]any) map[string]any {
	merged := make(map[string]any, len(base)+len(overrides))
	for key, value := range base {
		merged[key] = value
	}
	for key, value := range overrides {
		above, isMap := value.(map[string]any)
		below, wasMap := merged[key].(map[string]any)
		if isMap && wasMap {
			merged[key] = overlay(below, above)
		} else {
			merged[key] = value
		}
	}
	return merged
}
