package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// mostLog is how many lines of a failed run's output are printed.
const mostLog = 300

// printLog prints the end of what Ginkgo and the suites said.
func printLog(out io.Writer, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	lines := bytes.SplitAfter(bytes.TrimRight(data, "\n"), []byte("\n"))
	if left := len(lines) - mostLog; left > 0 {
		fmt.Fprintf(out, "... before these there are %s in %s\n", units.Plural(left, "line"), path)
		lines = lines[left:]
	}
	_, err = fmt.Fprintf(out, "%s\n\n", bytes.Join(lines, nil))
	return err
}
