package probe

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// clockTime is how messages print when something happened.
const clockTime = "15:04:05.000"

// Window is the samples of a span. Its samples never change, so a matcher may
// judge it as often as it likes; only judgements are added to it.
type Window struct {
	probe      string
	spec       string
	number     int
	faults     []string
	start, end time.Time
	samples    []Sample
	classes    map[Class]int
	errors     int
	invalid    error
	growing    bool
	final      bool
	parent     *Window
	kept       *kept
}

// NewWindow makes a window of samples that were meant for the time from start to
// end. The probe's name is for messages and records. What is wrong with them
// Validate says.
func NewWindow(probe string, start, end time.Time, samples []Sample) *Window {
	samples = slices.Clone(samples)
	forget(samples)
	slices.SortStableFunc(samples, func(a, b Sample) int { return a.Time.Compare(b.Time) })
	w := &Window{probe: probe, start: start, end: end, samples: samples, kept: &kept{}}
	w.count()
	return w
}

func (w *Window) count() {
	w.classes, w.invalid = map[Class]int{}, checkSpan(w.start, w.end, w.samples)
	for i := range w.samples {
		if w.invalid == nil {
			w.invalid = w.samples[i].check()
		}
		if class := w.samples[i].Class; class != OK {
			w.classes[class]++
			w.errors++
		}
	}
}

// checkSpan is an error where the span ends before it starts, or before one of the
// samples, which are in order, was meant to.
func checkSpan(start, end time.Time, samples []Sample) error {
	const advice = "give the end of the span in which samples were intended"
	at := end.Format(clockTime)
	if end.Before(start) {
		return fmt.Errorf("the window ends at %s, %s before its start: %s", at, start.Sub(end), advice)
	}
	if n := len(samples); n > 0 && samples[n-1].Time.After(end) {
		return fmt.Errorf("the window ends at %s, and a sample was meant for %s: %s", at, samples[n-1].Time.Format(clockTime), advice)
	}
	return nil
}

// In is the same window, said to be of a spec, and the so-many-th of its probe
// there, from 1. A load of chaostest says so by itself; it is by these that
// MatchBaseline finds the accepted runs of a window that was measured by other
// means.
func (w *Window) In(spec string, number int) *Window {
	same := *w
	same.spec, same.number = spec, number
	return &same
}

// Validate is an error where the window is a zero value, where it ends before its start
// or before a sample was meant to be taken, and where a sample cannot have been
// measured, such as one with a negative latency. Matchers judge no such window.
func (w *Window) Validate() error {
	if w == nil || w.kept == nil {
		return errors.New("the window is a zero value: take it from a load, or make it with probe.NewWindow or of a probe.Series")
	}
	return w.invalid
}

// Probe names the probe that took the samples.
func (w *Window) Probe() string { return w.probe }

// Start is when the first sample was intended.
func (w *Window) Start() time.Time { return w.start }

// End is when the span ended in which samples were intended; the last answers
// may have come later.
func (w *Window) End() time.Time { return w.end }

// Growing reports whether more samples may come after those of the window: it is
// what there was of a series that has not ended.
func (w *Window) Growing() bool { return w.growing }

// Final reports whether it is known that no more samples will come, as it is of a
// load that has ended. Of a window that NewWindow made nothing is known: whoever
// made it may make longer ones.
func (w *Window) Final() bool { return w != nil && w.final }

// N is the number of samples.
func (w *Window) N() int { return len(w.samples) }

// Errors is the number of samples that are not healthy.
func (w *Window) Errors() int { return w.errors }

// Classes counts the errors by class.
func (w *Window) Classes() map[Class]int { return maps.Clone(w.classes) }

// Samples are the samples in the order of their intended starts.
func (w *Window) Samples() []Sample { return slices.Clone(w.samples) }

// Count is the number of samples for which is is true.
func (w *Window) Count(is func(Sample) bool) int {
	n := 0
	for i := range w.samples {
		if is(w.samples[i]) {
			n++
		}
	}
	return n
}

// Lag is the longest time by which the load generator itself was late to start
// a sample. Latencies include it.
func (w *Window) Lag() time.Duration {
	var lag time.Duration
	for i := range w.samples {
		lag = max(lag, w.samples[i].Lag)
	}
	return lag
}

// Quantile is the latency that the share q of the healthy samples kept to: the
// smallest latency with at least that share at or below it. It is false where no
// sample is healthy or q is not above 0 and at most 1.
func (w *Window) Quantile(q float64) (time.Duration, bool) {
	return quantile(w.latencies(), q)
}

func (w *Window) latencies() []time.Duration {
	latencies := make([]time.Duration, 0, len(w.samples)-w.errors)
	for i := range w.samples {
		if w.samples[i].Healthy() {
			latencies = append(latencies, w.samples[i].Latency)
		}
	}
	slices.Sort(latencies)
	return latencies
}

func quantile(sorted []time.Duration, q float64) (time.Duration, bool) {
	place, ok := rank(len(sorted), q)
	if !ok {
		return 0, false
	}
	return sorted[place], true
}

// rank is the place, from 0, of the quantile q of n in order.
func rank(n int, q float64) (place int, ok bool) {
	if n == 0 || !(q > 0 && q <= 1) {
		return 0, false
	}
	// The tiny step down keeps 0.9 of ten samples the ninth, although the product
	// in binary may come out a little above nine.
	return max(int(math.Ceil(q*float64(n)-1e-9)), 1) - 1, true
}

// Slice is the part of the window whose samples were intended at or after from
// and before to. It is final, grows, or is not valid, as the whole. What is judged of it is
// recorded with the whole window, too, the last judgement of parts with the same
// start.
func (w *Window) Slice(from, to time.Time) *Window {
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(w.samples, t, func(s Sample, t time.Time) int { return s.Time.Compare(t) })
		return i
	}
	first := at(from)
	last := max(first, at(to))
	part := &Window{
		probe: w.probe, spec: w.spec, faults: w.faults, parent: w, kept: &kept{},
		growing: w.growing, final: w.final,
		start: later(w.start, from), samples: w.samples[first:last:last],
	}
	part.end = later(part.start, earlier(w.end, to))
	part.count()
	part.invalid = w.Validate()
	return part
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
