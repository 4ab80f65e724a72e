package matchers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// text says how the window is worse, that it is not, or what is needed to decide.
func (c controlFinding) text() string {
	var parts []string
	switch c.outcome() {
	case record.Violated:
		if c.failsMore() {
			parts = append(parts, "it fails more often: "+c.errorsText())
		}
		if c.isSlower() {
			parts = append(parts, "it is slower: "+c.latencyText())
		}
		return strings.Join(parts, "; ")
	case record.ToolFailed:
		late := c.w
		if c.control.Late(probe.LateAfter) > late.Late(probe.LateAfter) {
			late = c.control
		}
		return overloadedText(late.Late(probe.LateAfter), late, probe.LateAfter)
	case record.Undecided:
		if unpaired := c.unpaired(); unpaired > 0 {
			return fmt.Sprintf("undecided: %d of its %s have no partner in the control window: load both for the same time and at the same rate; %s", unpaired, samples(c.w.N()), c.both())
		}
		if c.warming() {
			return fmt.Sprintf("undecided: it is slower so far, but a service may warm up in its first %s: %s: load for longer, or warm it up before", warmUp, c.both())
		}
		if worse := c.notShown(); worse != "" {
			return fmt.Sprintf("undecided: %s: more than is allowed, but not shown: %s: load both windows for longer or at a higher rate", worse, c.both())
		}
		return fmt.Sprintf("undecided: the pairs neither show a difference beyond the margin nor rule out a large one: %s: load both windows for longer or at a higher rate", c.both())
	}
	return fmt.Sprintf("it is no worse by %s: %s", units.Chosen(float64(c.margin)), c.both())
}

// notShown says how the window was observed to be worse than allowed, although the pairs
// do not show it.
func (c controlFinding) notShown() string {
	if c.observedErrors() {
		return fmt.Sprintf("it failed %s of the time more often, allowed %s of what the control fails or %s",
			units.Percent(float64(c.failed-c.controlFailed)/float64(c.n)), units.Chosen(float64(c.margin)), units.Chosen(fewErrors))
	}
	if e, slower := c.observedExcess(); slower && e.Threshold >= math.MaxFloat64 {
		return fmt.Sprintf("it failed in %d pairs where the control did not, and the opposite in %d", e.More, e.Less)
	} else if slower {
		return fmt.Sprintf("it took longer than %s in %d pairs where the control, raised by %s, did not, and the opposite in %d",
			units.Round(fromSeconds(e.Threshold)), e.More, units.Chosen(float64(c.margin)), e.Less)
	}
	return ""
}

func (c controlFinding) both() string {
	switch c.only {
	case ErrorsOnly:
		return c.errorsText()
	case LatencyOnly:
		return c.latencyText()
	}
	return c.errorsText() + "; " + c.latencyText()
}

func (c controlFinding) errorsText() string {
	return fmt.Sprintf("of %s %d failed here alone and %d in the control window alone", pairsOfSamples(c.n), c.failed, c.controlFailed)
}

func (c controlFinding) latencyText() string {
	mine, theirs := c.compared()
	parts := make([]string, 0, 3)
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}} {
		parts = append(parts, fmt.Sprintf("%s %s against %s", q.name, latencyAt(mine, q.share), latencyAt(theirs, q.share)))
	}
	return strings.Join(parts, ", ")
}

// compared returns the latencies of the window and of the control, the shortest first. If
// errors are judged too, it takes only pairs where both samples were answered.
func (c controlFinding) compared() (mine, theirs []float64) {
	all, control := latencies(c.w), latencies(c.control)
	for i := range c.n {
		if math.IsNaN(all[i]) || math.IsNaN(control[i]) {
			continue
		}
		if c.only == LatencyOnly || !math.IsInf(all[i], 1) && !math.IsInf(control[i], 1) {
			mine, theirs = append(mine, all[i]), append(theirs, control[i])
		}
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	return mine, theirs
}

// latencyAt is a quantile, in words.
func latencyAt(sorted []float64, q float64) string {
	if len(sorted) == 0 {
		return "no answer"
	}
	seconds := stats.SortedQuantile(sorted, q)
	if math.IsInf(seconds, 1) {
		return "a failure"
	}
	return units.Round(fromSeconds(seconds)).String()
}

// togetherText says that pairs depend on each other, so that they are weaker evidence.
func togetherText(burst float64) string {
	if burst < fewestInBurst {
		return ""
	}
	return fmt.Sprintf(", where about %.0f pairs in a row are alike and count as one", burst)
}

// enough is the e-value that shows a difference.
func (c controlFinding) enough() string {
	latency, errors := round4(1/(c.level(LatencyOnly)*(1-atEnd))), round4(1/c.level(ErrorsOnly))
	switch {
	case c.only == LatencyOnly || errors == latency:
		return latency
	case c.only == ErrorsOnly:
		return errors
	}
	return errors + " for errors, or " + latency + " for latency"
}

// certainty says how sure the verdict is, and which samples did not count.
func (c controlFinding) certainty() string {
	s := ""
	if c.only != LatencyOnly {
		s += fmt.Sprintf("\nerrors: e-value %s%s", exponential(c.errorsLogE()), togetherText(c.together.Burst()))
	}
	if c.only != ErrorsOnly {
		s += fmt.Sprintf("\nlatency: e-value %s, beyond a margin of %s and at least %s%s", exponential(c.latency.LogE()), units.Chosen(float64(c.margin)), time.Duration(c.floor), togetherText(c.latency.Together()))
		if c.w.Final() {
			s += fmt.Sprintf("; at its end p %s, of %s allowed", exponential(math.Log(c.latency.P())), units.Chosen(c.level(LatencyOnly)*atEnd))
		}
	}
	s += fmt.Sprintf("\nat alpha %s an e-value of %s shows a difference, however often one looks", units.Chosen(float64(c.alpha)), c.enough())
	if left := max(c.w.N(), c.control.N()) - c.n; left > 0 {
		s += fmt.Sprintf("\n%s of the longer window had no partner", samples(left))
	}
	return s
}
