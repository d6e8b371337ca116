// SPDX-FileCopyrightText: 2026 milvus.cluster contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Command runc-without-seccomp takes the seccomp profile out of a container's configuration, then becomes the runc
// beside it: a runc that was built without libseccomp refuses every container that has one, and the kubelet asks for
// one for each pod.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintf(os.Stderr, "runc-without-seccomp: %v\n", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if slices.Contains(arguments, "create") {
		if err := dropProfile(filepath.Join(bundleOf(arguments), "config.json")); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	runc := filepath.Join(filepath.Dir(self), "runc")
	return syscall.Exec(runc, arguments, os.Environ())
}

// bundleOf gives the folder that --bundle names, and the working folder where it is not given, as runc does.
func bundleOf(arguments []string) string {
	for index, argument := range arguments {
		name, folder, joined := strings.Cut(argument, "=")
		if name != "--bundle" && name != "-b" {
			continue
		}
		if joined {
			return folder
		}
		if index+1 < len(arguments) {
			return arguments[index+1]
		}
	}
	return "."
}

func dropProfile(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// Raw, so that all else is written as it was read.
	var configuration, linux map[string]json.RawMessage
	if err := json.Unmarshal(content, &configuration); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := json.Unmarshal(configuration["linux"], &linux); err != nil {
		return fmt.Errorf("%s: linux: %w", path, err)
	}
	delete(linux, "seccomp")
	if configuration["linux"], err = json.Marshal(linux); err != nil {
		return err
	}
	if content, err = json.Marshal(configuration); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}
