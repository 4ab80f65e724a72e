package matchers

import (
	"math"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

const (
	// moreErrors is the difference of error rates that a kept comparison rules out.
	moreErrors = 0.05
	// fewErrors is the difference that may be observed even beyond the margin: with few
	// errors, one healthy window often has twice as many as another.
	fewErrors = moreErrors / 5
)

// controlFinding is what the pairs of samples of a window and its control add up to.
type controlFinding struct {
	*matchControl
	w *probe.Window
	pairs
}

// pairs is what a window remembers about its comparison with one control.
type pairs struct {
	n     int
	late  int // pairs with a sample that this machine started too late to be evidence
	alone OnlyOption
	// Failed counts the pairs in which only the window's sample failed, and
	// controlFailed those in which only the control's did.
	failed, controlFailed int
	// together is how close together these pairs lie.
	together stats.Differences
	// warm counts the latencies that were compared after the time in which a service may warm up.
	warm int
	// more gathers evidence that the window does not have moreErrors.
	more    stats.Mean
	latency stats.Latency
	err     error
}

// pairsKey is the key under which a window remembers its pairs.
type pairsKey struct {
	control *probe.Window
	margin  MarginOption
	floor   FloorOption
	only    OnlyOption
}

// latenciesKey is the key under which a window remembers its latencies.
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

// seconds is a sample's latency, and NaN for one that this machine started too late.
func seconds(s *probe.Sample) float64 {
	if s.Lag > probe.LateAfter {
		return nan
	}
	if !s.Healthy() {
		return math.Inf(1)
	}
	return s.Latency.Seconds()
}

func (m *matchControl) find(w *probe.Window) (controlFinding, error) {
	control := latencies(m.control)
	p := probe.Fold(w, pairsKey{m.control, m.margin, m.floor, m.only}, m.start, func(p pairs, samples []probe.Sample) pairs {
		for i := range samples {
			if p.n == len(control) || p.err != nil {
				break
			}
			p.add(seconds(&samples[i]), control[p.n], samples[i].Time.Sub(w.Start()) >= warmUp)
		}
		return p
	})
	return controlFinding{m, w, p}, p.err
}

func (m *matchControl) start() pairs {
	more, err := stats.NewMean(stats.BelowLimit, moreErrors)
	if err != nil {
		return pairs{err: err}
	}
	latency, err := stats.NewLatency(float64(m.margin), m.floor.seconds())
	return pairs{alone: m.only, more: more, latency: latency, err: err}
}

func (p *pairs) add(latency, control float64, warm bool) {
	p.n++
	if math.IsNaN(latency) || math.IsNaN(control) {
		p.late++
		return
	}
	failed, controlFailed := math.IsInf(latency, 1), math.IsInf(control, 1)
	difference := 0
	switch {
	case failed && !controlFailed:
		p.failed++
		difference = 1
	case controlFailed && !failed:
		p.controlFailed++
		difference = -1
	}
	p.more.Add(float64(difference))
	p.together.Add(difference)
	// Failures that the margin allows must not count again as endless latencies.
	if p.alone == LatencyOnly || !failed && !controlFailed {
		if warm {
			if p.warm == 0 {
				p.latency.LeaveOut()
			}
			p.warm++
		}
		p.err = p.latency.Add(latency, control)
	}
}

// moreOften is the test of how often only the window's sample of a pair failed:
// half of the time, if the windows are alike.
func (c controlFinding) moreOften() stats.Conditional {
	return stats.Conditional{Share: 0.5, Margin: float64(c.margin), Burst: c.together.Burst()}
}

func (c controlFinding) errorsLogE() float64 { return c.moreOften().LogE(c.failed, c.controlFailed) }

func (c controlFinding) failsMore() bool {
	return c.only != LatencyOnly && c.errorsLogE() >= -math.Log(c.level(ErrorsOnly))
}

// atEnd is the part of the latencies' alpha that is kept for the one look when the load has
// ended, at which smaller differences show.
const atEnd = 4. / 7

// slower reports whether the latencies show that it is slower, warming up or not.
func (c controlFinding) slower() bool {
	level := c.level(LatencyOnly)
	return c.only != ErrorsOnly && (c.latency.LogE() >= -math.Log(level*(1-atEnd)) || c.w.Final() && c.latency.P() <= level*atEnd)
}

// warming reports whether it is slower only as a service is that has just started. While
// a load goes on, what comes after the warm-up must show by itself that it is slower, and for
// twice as long: two windows that wander often differ for a second. When the load has ended,
// that must not speak against it.
func (c controlFinding) warming() bool {
	switch {
	case !c.slower():
		return false
	case c.w.Growing():
		return c.warm == 0 || c.w.End().Sub(c.w.Start()) < 3*warmUp || c.latency.LogEAfter() < -math.Log(c.level(LatencyOnly)*(1-atEnd))
	}
	return c.warm >= fewestWarm && c.latency.LogEAfter() <= 0
}

// fewestWarm is how many pairs after the warm-up say what a service is like then.
const fewestWarm = 50

func (c controlFinding) isSlower() bool { return c.slower() && !c.warming() }

// observedErrors reports whether the window failed more often than allowed, shown or not.
func (c controlFinding) observedErrors() bool {
	return c.only != LatencyOnly && float64(c.failed) > (1+float64(c.margin))*float64(c.controlFailed) &&
		float64(c.failed-c.controlFailed) > fewErrors*(1+1e-9)*float64(c.n)
}

// observedExcess is where the window was slower than allowed, shown or not.
func (c controlFinding) observedExcess() (stats.Excess, bool) {
	if c.only == ErrorsOnly {
		return stats.Excess{}, false
	}
	return c.latency.Excess()
}

// outcome is violated when errors or latencies are shown to be worse. It is kept when both
// are observed within the limit and much worse ones are ruled out. Both must be ruled out,
// so each is tested with the whole of alpha.
func (c controlFinding) outcome() record.Outcome {
	enough := -math.Log(float64(c.alpha))
	switch {
	case c.overloaded():
		return record.ToolFailed
	case c.failsMore() || c.isSlower():
		return record.Violated
	case c.unpaired() > 0, c.observedErrors(), c.warming():
		return record.Undecided
	case c.only != LatencyOnly && c.more.LogE() < enough, c.only != ErrorsOnly && c.latency.LogEWithin() < enough:
		return record.Undecided
	}
	if _, slower := c.observedExcess(); slower {
		return record.Undecided
	}
	return record.Kept
}

// overloaded reports whether this machine started too many of the samples late.
func (c controlFinding) overloaded() bool {
	return probe.TooLate(c.late, c.n) && (!c.w.Growing() || c.n >= enoughLate)
}

// unpaired is how many of the window's samples have no partner, or 0 if it is no more
// than two loads usually differ by. With too many, the pairs do not speak for the window.
func (c controlFinding) unpaired() int {
	if unpaired := c.w.N() - c.n; unpaired*20 > c.w.N() {
		return unpaired
	}
	return 0
}

// logE is the evidence against the window, over everything that is compared.
func (c controlFinding) logE() float64 {
	switch c.only {
	case ErrorsOnly:
		return c.errorsLogE()
	case LatencyOnly:
		return c.latency.LogE()
	}
	return stats.MeanLogE(c.errorsLogE(), c.latency.LogE())
}

// medians are the window's and the control's, in seconds; NaN without an answer.
func (c controlFinding) medians() (window, control float64) {
	median := func(w *probe.Window) float64 {
		if latency, ok := w.Quantile(0.5); ok {
			return latency.Seconds()
		}
		return nan
	}
	return median(c.w), median(c.control)
}
