package cli

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/chaosgate/chaosgate/runner/report"
)

// pageWidth is the width of tables where there is no terminal.
const pageWidth = 140

// terminal is what the standard output can do.
type terminal struct {
	// width is nil where the output is no terminal.
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
