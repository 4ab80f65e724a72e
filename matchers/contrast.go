package matchers

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// moreErrors is the difference of error rates that a kept comparison rules out.
const moreErrors = 0.05

// contrast is a window beside its control: what the pairs of their samples add
// up to.
type contrast struct {
	*matchControl
	w *probe.Window
	pairs
}

// pairs is what a window remembers of itself beside one control.
type pairs struct {
	n      int
	aspect Aspect
	// Failed counts the pairs in which only the window's sample failed, and
	// controlFailed those in which only the control's did.
	failed, controlFailed int
	// more gathers evidence that errors are not more by moreErrors.
	more    stats.Mean
	latency stats.Latency
	err     error
}

// pairsKey is under what a window remembers its pairs.
type pairsKey struct {
	control *probe.Window
	margin  MarginOption
	floor   FloorOption
	only    Aspect
}

// latenciesKey is under what a window remembers its latencies.
type latenciesKey struct{}

// latencies are a window's in seconds, infinite for samples that failed.
func latencies(w *probe.Window) []float64 {
	return probe.Fold(w, latenciesKey{}, func() []float64 { return make([]float64, 0, w.N()) }, func(all []float64, samples []probe.Sample) []float64 {
		for i := range samples {
			all = append(all, seconds(&samples[i]))
		}
		return all
	})
}

func seconds(s *probe.Sample) float64 {
	if !s.Healthy() {
		return math.Inf(1)
	}
	return s.Latency.Seconds()
}

func (m *matchControl) contrast(w *probe.Window) (contrast, error) {
	control := latencies(m.control)
	p := probe.Fold(w, pairsKey{m.control, m.margin, m.floor, m.only}, m.start, func(p pairs, samples []probe.Sample) pairs {
		for i := range samples {
			if p.n == len(control) || p.err != nil {
				break
			}
			p.add(seconds(&samples[i]), control[p.n])
		}
		return p
	})
	return contrast{m, w, p}, p.err
}

func (m *matchControl) start() pairs {
	more, err := stats.NewMean(stats.BelowLimit, moreErrors)
	if err != nil {
		return pairs{err: err}
	}
	latency, err := stats.NewLatency(float64(m.margin), m.floor.seconds())
	return pairs{aspect: m.only, more: more, latency: latency, err: err}
}

func (p *pairs) add(latency, control float64) {
	p.n++
	failed, controlFailed := math.IsInf(latency, 1), math.IsInf(control, 1)
	difference := 0.0
	switch {
	case failed && !controlFailed:
		p.failed++
		difference = 1
	case controlFailed && !failed:
		p.controlFailed++
		difference = -1
	}
	p.more.Add(difference)
	// Failures within the margin of errors are not to show again as latencies that are
	// beyond any.
	if p.aspect == LatencyOnly || !failed && !controlFailed {
		p.err = p.latency.Add(latency, control)
	}
}

// moreOften is the test of how often only the window's sample of a pair failed:
// half of the time, if the windows are alike.
func (c contrast) moreOften() stats.Conditional {
	return stats.Conditional{Share: 0.5, Margin: float64(c.margin)}
}

func (c contrast) errorsLogE() float64 { return c.moreOften().LogE(c.failed, c.controlFailed) }

func (c contrast) threshold() float64 { return -math.Log(c.level()) }

func (c contrast) failsMore() bool {
	return c.only != LatencyOnly && c.errorsLogE() >= c.threshold()
}

func (c contrast) isSlower() bool {
	return c.only != ErrorsOnly && c.latency.LogE() >= c.threshold()
}

// outcome is violated where one aspect is worse, and kept where each rules out
// that it is worse by much, for which alpha needs no parting.
func (c contrast) outcome() record.Outcome {
	enough := -math.Log(float64(c.alpha))
	switch {
	case c.failsMore() || c.isSlower():
		return record.Violated
	case c.left() > 0:
		return record.Undecided
	case c.only != LatencyOnly && c.more.LogE() < enough, c.only != ErrorsOnly && c.latency.LogEWithin() < enough:
		return record.Undecided
	}
	return record.Kept
}

// left is how many of the window's samples have no partner, where that is more than
// the ends of two loads differ by: such a window is not known by its pairs.
func (c contrast) left() int {
	if left := c.w.N() - c.n; left*20 > c.w.N() {
		return left
	}
	return 0
}

// logE is the evidence against the window, over what is compared.
func (c contrast) logE() float64 {
	switch c.only {
	case ErrorsOnly:
		return c.errorsLogE()
	case LatencyOnly:
		return c.latency.LogE()
	}
	return stats.MeanLogE(c.errorsLogE(), c.latency.LogE())
}

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

// medians are the window's and the control's, in seconds; NaN without an answer.
func (c contrast) medians() (window, control float64) {
	median := func(w *probe.Window) float64 {
		if latency, ok := w.Quantile(0.5); ok {
			return latency.Seconds()
		}
		return nan
	}
	return median(c.w), median(c.control)
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
