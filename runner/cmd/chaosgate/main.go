// Chaosgate runs suites of chaos experiments and decides whether a build passes.
package main

import (
	"os"

	"github.com/chaosgate/chaosgate/runner/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
