package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/report"
)

// pageWidth is the width of tables if the output is no terminal.
const pageWidth = 140

// terminal describes what the output can show.
type terminal struct {
	// width returns the width in characters. It is nil if the output is no terminal.
	width  func() int
	colour bool
}

func terminalOf(out io.Writer, noColour bool) terminal {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return terminal{}
	}
	return terminal{
		colour: !noColour && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		width: func() int {
			width, _, err := term.GetSize(int(file.Fd()))
			if err != nil || width < 20 {
				return 80
			}
			return width
		},
	}
}

func (t terminal) style() report.Style {
	width := pageWidth
	if t.width != nil {
		width = t.width()
	}
	return report.Style{Width: width, Colour: t.colour}
}

// mostLog bounds how many lines of a failed run's output are printed.
const mostLog = 300

// printLog prints the last lines of what Ginkgo and the suites printed.
func printLog(out io.Writer, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	lines := bytes.SplitAfter(bytes.TrimRight(data, "\n"), []byte("\n"))
	if earlier := len(lines) - mostLog; earlier > 0 {
		fmt.Fprintf(out, "... the %s before these are in %s\n", units.Plural(earlier, "line"), path)
		lines = lines[earlier:]
	}
	_, err = fmt.Fprintf(out, "%s\n\n", bytes.Join(lines, nil))
	return err
}
