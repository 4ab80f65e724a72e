package matchers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
)

// text says in what the window is worse, that it is not, or what is missing to tell.
func (c contrast) text() string {
	var said []string
	switch c.outcome() {
	case record.Violated:
		if c.failsMore() {
			said = append(said, "it fails more often: "+c.errorsText())
		}
		if c.isSlower() {
			said = append(said, "it is slower: "+c.latencyText())
		}
		return strings.Join(said, "; ")
	case record.Undecided:
		if left := c.left(); left > 0 {
			return fmt.Sprintf("undecided: %d of its %d samples have no partner in the control window: load both for as long and at the same rate; %s", left, c.w.N(), c.both())
		}
		return fmt.Sprintf("undecided: the pairs show neither a difference beyond the margin nor that there is no large one: %s: load both windows for longer or at a higher rate", c.both())
	}
	return fmt.Sprintf("it is no worse by %s: %s", percent(float64(c.margin)), c.both())
}

func (c contrast) both() string {
	switch c.only {
	case ErrorsOnly:
		return c.errorsText()
	case LatencyOnly:
		return c.latencyText()
	}
	return c.errorsText() + "; " + c.latencyText()
}

func (c contrast) errorsText() string {
	return fmt.Sprintf("of %d pairs of samples %d failed here alone and %d in the control window alone", c.n, c.failed, c.controlFailed)
}

func (c contrast) latencyText() string {
	said := make([]string, 0, 3)
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}} {
		said = append(said, fmt.Sprintf("%s %s against %s", q.name, c.latencyAt(c.w, q.share), c.latencyAt(c.control, q.share)))
	}
	return strings.Join(said, ", ")
}

// latencyAt is a quantile of the samples in pairs, where a failed one is slower than any.
func (c contrast) latencyAt(w *probe.Window, q float64) string {
	if c.n == 0 {
		return "no sample"
	}
	sorted := slices.Clone(latencies(w)[:c.n])
	slices.Sort(sorted)
	seconds := sorted[int(math.Ceil(q*float64(c.n)-1e-9))-1]
	if math.IsInf(seconds, 1) {
		return "a failure"
	}
	return probe.Round(fromSeconds(seconds)).String()
}

// certainty says how sure the verdict is, and what did not count.
func (c contrast) certainty() string {
	s := ""
	if c.only != LatencyOnly {
		s += fmt.Sprintf("\nerrors: e-value %s", exponential(c.errorsLogE()))
	}
	if c.only != ErrorsOnly {
		s += fmt.Sprintf("\nlatency: e-value %s, beyond a margin of %s and at least %s", exponential(c.latency.LogE()), percent(float64(c.margin)), time.Duration(c.floor))
	}
	s += fmt.Sprintf("\nat alpha %s an e-value of %s shows a difference, however often one looks", percent(float64(c.alpha)), round4(1/c.level()))
	if left := max(c.w.N(), c.control.N()) - c.n; left > 0 {
		s += fmt.Sprintf("\n%d samples of the longer window had no partner", left)
	}
	return s
}
