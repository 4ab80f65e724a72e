//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "chaosgate-agent runs on Linux, beside the containers; the library builds and starts it")
	os.Exit(2)
}
