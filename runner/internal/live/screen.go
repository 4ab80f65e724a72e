package live

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Screen writes lines that stay. On a terminal it draws an area below them, again and
// again.
type Screen struct {
	out io.Writer
	// width returns the terminal's width. It is nil if out is no terminal; then there is
	// no area.
	width func() int
	drawn int
}

// NewScreen makes a screen. width returns the terminal's width in characters, and is nil
// if out is no terminal.
func NewScreen(out io.Writer, width func() int) *Screen {
	return &Screen{out: out, width: width}
}

// show writes the lines that stay, and draws the view's area below them.
func (s *Screen) show(lines []string, view *View, now time.Time) {
	var text strings.Builder
	if s.width != nil {
		s.erase(&text)
	}
	for _, l := range lines {
		text.WriteString(l + "\n")
	}
	if s.width != nil {
		area := view.area(now, s.width()-1)
		for _, l := range area {
			text.WriteString(l + "\n")
		}
		s.drawn = len(area)
	}
	if text.Len() > 0 {
		_, _ = io.WriteString(s.out, text.String())
	}
}

// clear removes the area.
func (s *Screen) clear() {
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

// every is how often the screen shows new events.
const every = 200 * time.Millisecond

// Follow shows the events of a file until stop is called. stop shows the last of them
// and removes the area.
func Follow(tail *Tail, view *View, screen *Screen) (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	show := func() {
		events, err := tail.Next()
		var lines []string
		if err != nil {
			lines = append(lines, err.Error())
		}
		for _, e := range events {
			lines = append(lines, view.Apply(e)...)
		}
		if len(lines) > 0 || screen.width != nil {
			screen.show(lines, view, time.Now())
		}
	}
	wait.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-done:
				show()
				screen.clear()
				return
			case <-tick.C:
				show()
			}
		}
	})
	return sync.OnceFunc(func() { close(done); wait.Wait() })
}
