package live

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Screen writes lines that stay, and under them, on a terminal, an area that is
// drawn anew at every turn.
type Screen struct {
	out io.Writer
	// Width tells the terminal's width; nil where there is no terminal, and no area.
	width func() int
	drawn int
}

// NewScreen makes a screen. width tells the terminal's width in characters, and
// is nil where out is no terminal.
func NewScreen(out io.Writer, width func() int) *Screen {
	return &Screen{out: out, width: width}
}

// Show writes the lines that stay and draws the view's area under them.
func (s *Screen) Show(lines []string, view *View, now time.Time) {
	var text strings.Builder
	if s.width != nil {
		s.erase(&text)
	}
	for _, l := range lines {
		text.WriteString(l + "\n")
	}
	if s.width != nil {
		area := view.Area(now, s.width()-1)
		for _, l := range area {
			text.WriteString(l + "\n")
		}
		s.drawn = len(area)
	}
	if text.Len() > 0 {
		_, _ = io.WriteString(s.out, text.String())
	}
}

// Clear takes the area away.
func (s *Screen) Clear() {
	var text strings.Builder
	s.erase(&text)
	if text.Len() > 0 {
		_, _ = io.WriteString(s.out, text.String())
	}
}

func (s *Screen) erase(text *strings.Builder) {
	if s.drawn > 0 {
		fmt.Fprintf(text, "\x1b[%dA\x1b[J", s.drawn)
	}
	s.drawn = 0
}

// every is how often the screen follows the events.
const every = 200 * time.Millisecond

// Follow shows the events of a file until stop is called, which shows the last
// of them and takes the area away.
func Follow(tail *Tail, view *View, screen *Screen) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	turn := func() {
		events, err := tail.Next()
		var lines []string
		if err != nil {
			lines = append(lines, err.Error())
		}
		for _, e := range events {
			lines = append(lines, view.Apply(e)...)
		}
		if len(lines) > 0 || screen.width != nil {
			screen.Show(lines, view, time.Now())
		}
	}
	wait.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				turn()
				screen.Clear()
				return
			case <-tick.C:
				turn()
			}
		}
	})
	return sync.OnceFunc(func() { close(done); wait.Wait() })
}
