// Package live shows a run as it happens: events go in, lines come out. Reading
// the events and writing the lines are apart from what the lines say.
package live

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// quiet is how often a load that goes on is told on plain lines.
const quiet = 5 * time.Second

// View is what is known of a run so far.
type View struct {
	// Colour turns colours on.
	Colour bool
	// Since is when the suites were told to run: they compile until the first spec starts.
	Since time.Time

	running        []*spec
	passed, failed int
	toldLoad       map[int]time.Time
}

// spec is one that runs now, with what is live in it.
type spec struct {
	process int
	name    string
	started time.Time
	live    []record.Event
	load    string
}

// Apply takes an event in and returns the lines that stay on the screen, none
// for an event that only the moving area shows.
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

// due lets through a load's beginning, and then one event in a while, by the
// events' own time.
func (v *View) due(e record.Event) bool {
	if v.toldLoad == nil {
		v.toldLoad = map[int]time.Time{}
	}
	last, told := v.toldLoad[e.Process]
	if told && e.Window != nil && e.Time.Sub(last) < quiet {
		return false
	}
	v.toldLoad[e.Process] = e.Time
	return true
}

// follow keeps what runs now.
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
		delete(v.toldLoad, e.Process)
	}
}

// Area is the moving part of the screen at a time: what runs, which faults are
// live and for how long, and what the load has seen, each line at most as wide
// as the terminal.
func (v *View) Area(now time.Time, width int) []string {
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
