// Command tool stands in for the shell scripts of the images, which have no shell. It goes by the name that it is called by.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

var programs = map[string]func(arguments []string) error{
	"cp":             copyFiles,
	"merge":          mergeFiles,
	"run-helm.sh":    runMilvus,
	"start-kafka":    startKafka,
	"healthcheck.sh": checkEtcd,
}

func main() {
	name := filepath.Base(os.Args[0])
	program, known := programs[name]
	if !known {
		fail(name, fmt.Errorf("no program has this name: call it by a link that is named after one"))
	}
	if err := program(os.Args[1:]); err != nil {
		fail(name, err)
	}
}

func fail(name string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	os.Exit(1)
}

// become replaces this process, so that signals and the exit code are the program's own.
func become(path string, arguments []string) error {
	return fmt.Errorf("%s: %w", path, syscall.Exec(path, arguments, os.Environ()))
}
