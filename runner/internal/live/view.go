// Package live shows a run as it happens: events go in, lines come out. A Tail reads the
// events, a View turns them into lines, and a Screen writes the lines.
package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// loadEvery is how often a line reports a load that goes on.
const loadEvery = 5 * time.Second

// View holds what is known about a run at the moment.
type View struct {
	// Colour turns colours on.
	Colour bool
	// Since is when the suites were started. They compile until the first spec begins.
	Since time.Time

	running        []*spec
	passed, failed int
	loadShown      map[int]time.Time // by process
}

// spec is a running spec with its live injections and its load.
type spec struct {
	process int
	name    string
	started time.Time
	live    []record.Event
	load    string
}

// Apply takes an event and returns the lines that stay on the screen. There are none for
// an event that only the area shows.
func (v *View) Apply(e record.Event) []string {
	if e.Schema < 1 || e.Schema > record.Schema {
		return nil
	}
	v.follow(e)
	mark, text := line(e)
	if mark == "" || text == "" || (e.Kind == record.Loading && !v.due(e)) {
		return nil
	}
	return []string{fmt.Sprintf("%s  %s %s", e.Time.Format(time.TimeOnly), v.paint(mark, fmt.Sprintf("%-7s", mark)), clean(text))}
}

// due reports whether a load's event gets a line: its beginning does, and then one event
// every loadEvery by the time in the events.
func (v *View) due(e record.Event) bool {
	if v.loadShown == nil {
		v.loadShown = map[int]time.Time{}
	}
	last, shown := v.loadShown[e.Process]
	if shown && e.Window != nil && e.Time.Sub(last) < loadEvery {
		return false
	}
	v.loadShown[e.Process] = e.Time
	return true
}

// follow keeps track of what is running.
func (v *View) follow(e record.Event) {
	at := slices.IndexFunc(v.running, func(s *spec) bool { return s.process == e.Process && s.name == e.Spec })
	switch e.Kind {
	case record.SpecEnded:
		if at >= 0 {
			v.running = slices.Delete(v.running, at, at+1)
		}
		if e.Failed {
			v.failed++
		} else {
			v.passed++
		}
		return
	case record.SpecStarted:
		if at >= 0 {
			return
		}
	}
	if at < 0 {
		v.running = append(v.running, &spec{process: e.Process, name: e.Spec, started: e.Time})
		slices.SortStableFunc(v.running, func(a, b *spec) int { return a.process - b.process })
		at = slices.IndexFunc(v.running, func(s *spec) bool { return s.process == e.Process && s.name == e.Spec })
	}
	s := v.running[at]
	switch e.Kind {
	case record.Injected:
		s.live = append(s.live, e)
	case record.Reverted:
		s.live = slices.DeleteFunc(s.live, func(i record.Event) bool { return i.ID == e.ID })
	case record.Loading:
		s.load = counts(e)
	case record.WindowDone:
		s.load = ""
		delete(v.loadShown, e.Process)
	}
}

// area is the moving part of the screen: what runs, which faults are live and for how
// long, and what the load has measured. No line is wider than the terminal.
func (v *View) area(now time.Time, width int) []string {
	var lines []string
	add := func(mark, text string) {
		lines = append(lines, v.paint(mark, fit(clean(text), width)))
	}
	for _, s := range v.running {
		add("spec", fmt.Sprintf("> %s (%s)", s.name, since(s.started, now)))
		for _, i := range s.live {
			lines = append(lines, v.paint("inject", fit("    live "+since(i.Time, now)+": "+clean(i.Text), width)))
		}
		if s.load != "" {
			lines = append(lines, v.paint("load", fit("    "+clean(s.load), width)))
		}
	}
	if v.passed+v.failed+len(v.running) == 0 {
		add("load", fmt.Sprintf("compiling and starting the suites (%s)", since(v.Since, now)))
		return lines
	}
	summary := fmt.Sprintf("%d passed, %d failed, %d running", v.passed, v.failed, len(v.running))
	mark := "passed"
	if v.failed > 0 {
		mark = "FAILED"
	}
	add(mark, summary)
	return lines
}

func since(from, now time.Time) string {
	return max(now.Sub(from), 0).Truncate(time.Second).String()
}

var colours = map[string]string{
	"passed": "32", "FAILED": "31;1", "inject": "33", "revert": "36", "REVERT": "31;1", "LAPSED": "31;1", "spec": "1", "load": "2",
}

func (v *View) paint(mark, text string) string {
	code, ok := colours[mark]
	if !v.Colour || !ok {
		return text
	}
	return "\x1b[" + code + "m" + strings.TrimRight(text, " ") + "\x1b[0m" + strings.Repeat(" ", len(text)-len(strings.TrimRight(text, " ")))
}
