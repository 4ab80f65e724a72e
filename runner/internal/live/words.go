package live

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// line says an event in words, with a mark that is one word wide; empty for an
// event that has nothing to say.
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
	case record.Loading:
		return "load", counts(e)
	case record.WindowDone:
		return "window", counts(e)
	default:
		return "", ""
	}
}

// counts says a window: "GET /checkout: 250 samples, 3 errors (1.2 %), p50 12ms, p99 340ms".
func counts(e record.Event) string {
	if e.Window == nil {
		return e.Text
	}
	w := *e.Window
	said := []string{units.Plural(w.Count, "sample")}
	if w.Errors > 0 {
		said = append(said, fmt.Sprintf("%s (%s)", units.Plural(w.Errors, "error"), units.Percent(float64(w.Errors)/float64(max(w.Count, 1)))))
	} else {
		said = append(said, "no error")
	}
	if w.Count > w.Errors {
		said = append(said, "p50 "+gate.Seconds(float64(w.P50)), "p99 "+gate.Seconds(float64(w.P99)))
	}
	return w.Probe + ": " + strings.Join(said, ", ")
}

// clean keeps control characters of foreign texts off the terminal, and makes
// one line of them.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || (r >= 0x7f && r < 0xa0) {
			return -1
		}
		return r
	}, s)
}

// fit cuts a line to a width in characters.
func fit(s string, width int) string {
	runes := []rune(s)
	if width <= 0 || len(runes) <= width {
		return s
	}
	return string(runes[:max(width-1, 0)]) + "…"
}
