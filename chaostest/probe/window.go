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

// Window has the samples of a span of time. It never changes, except that judgements
// are added to it, so a matcher may judge it any number of times.
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
	notes      *notes
}

// NewWindow makes a window of samples that were meant for the time from start to end.
// The probe's name is for messages and records. Validate checks the samples.
func NewWindow(probe string, start, end time.Time, samples []Sample) *Window {
	samples = slices.Clone(samples)
	forget(samples)
	slices.SortStableFunc(samples, func(a, b Sample) int { return a.Time.Compare(b.Time) })
	w := &Window{probe: probe, start: start, end: end, samples: samples, notes: &notes{}}
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

// checkSpan returns an error if the span ends before it starts, or before the last
// sample was meant to be taken. The samples are in order.
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

// FromSpec is the same window, recorded under the name of a spec and with its number
// among the windows of the probe there, from 1. MatchBaseline finds accepted runs by the
// two. The loads of chaostest set them; call FromSpec for a window that was measured by
// other means.
//
//	window := series.Window().FromSpec("checkout sells", 1)
func (w *Window) FromSpec(spec string, number int) *Window {
	same := *w
	same.spec, same.number = spec, number
	return &same
}

// Validate returns an error if the window is a zero value, if it ends before its start
// or before a sample was meant to be taken, or if a sample cannot be right, such as one
// with a negative latency. Matchers refuse such a window.
func (w *Window) Validate() error {
	if w == nil || w.notes == nil {
		return errors.New("the window is a zero value: take it from a load or a probe.Series, or make it with probe.NewWindow")
	}
	return w.invalid
}

// Probe names the probe that took the samples.
func (w *Window) Probe() string { return w.probe }

// Start is when the first sample was intended.
func (w *Window) Start() time.Time { return w.start }

// End is the end of the span in which samples were intended. The last answers may have
// come later.
func (w *Window) End() time.Time { return w.end }

// Growing reports whether more samples may follow: the window is from a series that had
// not ended.
func (w *Window) Growing() bool { return w.growing }

// Final reports whether it is known that no more samples will come, because the load
// has ended. It is false for a window from NewWindow, because its maker may make a
// longer one.
func (w *Window) Final() bool { return w != nil && w.final }

// N is the number of samples.
func (w *Window) N() int { return len(w.samples) }

// Errors is the number of samples that are not healthy.
func (w *Window) Errors() int { return w.errors }

// Classes counts the errors by class.
func (w *Window) Classes() map[Class]int { return maps.Clone(w.classes) }

// Samples are the samples in the order of their intended starts.
func (w *Window) Samples() []Sample { return slices.Clone(w.samples) }

// Count is the number of samples for which the function returns true.
func (w *Window) Count(is func(Sample) bool) int {
	n := 0
	for i := range w.samples {
		if is(w.samples[i]) {
			n++
		}
	}
	return n
}

// Late counts the samples that the load generator itself started more than so much late.
func (w *Window) Late(after time.Duration) int {
	late := 0
	for i := range w.samples {
		if w.samples[i].Lag > after {
			late++
		}
	}
	return late
}

// Lag is the longest delay with which the load generator itself started a sample.
// Latencies do not include it.
func (w *Window) Lag() time.Duration {
	var lag time.Duration
	for i := range w.samples {
		lag = max(lag, w.samples[i].Lag)
	}
	return lag
}

// Quantile is the smallest latency such that at least the share q of the healthy samples
// took no longer. It is false if no sample is healthy, or if q is not above 0 and at
// most 1.
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

// rank is the index, from 0, of the quantile q in a sorted list of n.
func rank(n int, q float64) (place int, ok bool) {
	if n == 0 || !(q > 0 && q <= 1) {
		return 0, false
	}
	// The tiny step down makes 0.9 of ten samples the ninth, even where the product in
	// binary is a little above nine.
	return max(int(math.Ceil(q*float64(n)-1e-9)), 1) - 1, true
}

// Slice is the part of the window with the samples intended at or after from and before
// to. It is growing, final or valid if the whole window is. Judgements on it are
// recorded with the whole window, too; a later judgement on a part with the same start
// replaces an earlier one.
func (w *Window) Slice(from, to time.Time) *Window {
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(w.samples, t, func(s Sample, t time.Time) int { return s.Time.Compare(t) })
		return i
	}
	first := at(from)
	last := max(first, at(to))
	part := &Window{
		probe: w.probe, spec: w.spec, faults: w.faults, parent: w, notes: &notes{},
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
