// SPDX-FileCopyrightText: 2026 milvus.cluster contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Command web is what the tests of the lab run in pods: a web server that does what its URL says.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
)

func main() {
	if len(os.Args) > 1 {
		os.Stdout.WriteString(strings.Join(os.Args[1:], " ") + "\n")
		return
	}
	http.HandleFunc("GET /name", answer(func(*http.Request) (string, error) { return os.Hostname() }))
	http.HandleFunc("GET /lookup/{host}", answer(lookUp))
	http.HandleFunc("GET /file/{path...}", answer(read))
	http.HandleFunc("PUT /file/{path...}", answer(write))
	http.HandleFunc("POST /eat", eat)
	log.Print("web listens on port 8080")
	log.Fatal(http.ListenAndServe(":8080", nil))
}

func answer(find func(*http.Request) (string, error)) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		text, err := find(request)
		if err != nil {
			http.Error(writer, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprintln(writer, text)
	}
}

func lookUp(request *http.Request) (string, error) {
	addresses, err := net.LookupHost(request.PathValue("host"))
	return strings.Join(addresses, " "), err
}

func read(request *http.Request) (string, error) {
	content, err := os.ReadFile("/" + request.PathValue("path"))
	return string(content), err
}

func write(request *http.Request) (string, error) {
	path := "/" + request.PathValue("path")
	return path, os.WriteFile(path, []byte(request.URL.Query().Get("text")), 0o644)
}

// eat takes memory until none is left.
func eat(http.ResponseWriter, *http.Request) {
	var eaten [][]byte
	for {
		block := make([]byte, 1<<20)
		for index := 0; index < len(block); index += 4096 {
			block[index] = 1
		}
		eaten = append(eaten, block)
	}
}
