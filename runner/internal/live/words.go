package live

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// line describes an event, after a mark of one word. Both are empty for an event that
// gets no line.
func line(e record.Event) (mark, text string) {
	switch e.Kind {
	case record.SpecStarted:
		return "spec", e.Spec
	case record.SpecEnded:
		if e.Failed {
			return "FAILED", e.Spec
		}
		return "passed", e.Spec
	case record.Injected:
		return "inject", e.Text
	case record.Lapsed:
		return "LAPSED", e.Text + ": its lease was not renewed"
	case record.Reverted:
		if e.Failed {
			return "REVERT", "failed: " + e.Text
		}
		return "revert", e.Text
	case record.Replaced:
		return "image", e.Text
	case record.Loading:
		return "load", counts(e)
	case record.WindowDone:
		return "window", counts(e)
	default:
		return "", ""
	}
}

// counts describes a window:
// "GET /checkout: 250 samples, 3 errors (1.2 %), healthy answers: p50 12ms, p99 340ms".
func counts(e record.Event) string {
	if e.Window == nil {
		return e.Text
	}
	w := *e.Window
	words := []string{units.Plural(w.Count, "sample")}
	if w.Errors > 0 {
		words = append(words, fmt.Sprintf("%s (%s)", units.Plural(w.Errors, "error"), units.Percent(float64(w.Errors)/float64(max(w.Count, 1)))))
	} else {
		words = append(words, "no error")
	}
	if w.Count > w.Errors {
		words = append(words, "healthy answers: p50 "+gate.Seconds(float64(w.P50)), "p99 "+gate.Seconds(float64(w.P99)))
	}
	return w.Probe + ": " + strings.Join(words, ", ")
}

// clean removes control characters from a text that goes to the terminal, and puts it
// into one line.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return -1
		}
		return r
	}, s)
}

// fit shortens a line to this many characters.
func fit(s string, width int) string {
	runes := []rune(s)
	if width <= 0 || len(runes) <= width {
		return s
	}
	return string(runes[:max(width-1, 0)]) + "…"
}
