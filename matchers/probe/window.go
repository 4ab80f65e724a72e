package probe

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Window is the samples of a span. Its samples never change, so a matcher may
// judge it as often as it likes; only judgements are added to it.
type Window struct {
	probe      string
	spec       string
	faults     []string
	start, end time.Time
	samples    []Sample
	classes    map[Class]int
	errors     int
	parent     *Window

	mu         sync.Mutex
	judgements []record.Judgement
}

// NewWindow makes a window of samples that were taken from start to end. The
// probe's name is for messages and records.
func NewWindow(probe string, start, end time.Time, samples []Sample) *Window {
	samples = slices.Clone(samples)
	slices.SortStableFunc(samples, func(a, b Sample) int { return a.Time.Compare(b.Time) })
	w := &Window{probe: probe, start: start, end: end, samples: samples}
	w.count()
	return w
}

func (w *Window) count() {
	w.classes = map[Class]int{}
	for i := range w.samples {
		if class := w.samples[i].Class; class != OK {
			w.classes[class]++
			w.errors++
		}
	}
}

// Probe names the probe that took the samples.
func (w *Window) Probe() string { return w.probe }

// Start is when the first sample was intended.
func (w *Window) Start() time.Time { return w.start }

// End is when the span ended in which samples were intended; the last answers
// may have come later.
func (w *Window) End() time.Time { return w.end }

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
	if len(sorted) == 0 || !(q > 0 && q <= 1) {
		return 0, false
	}
	// The tiny step down keeps 0.9 of ten samples the ninth, although the product
	// in binary may come out a little above nine.
	rank := int(math.Ceil(q*float64(len(sorted)) - 1e-9))
	return sorted[max(rank, 1)-1], true
}

// Slice is the part of the window whose samples were intended at or after from
// and before to. What is judged of it is recorded with the whole window, too.
func (w *Window) Slice(from, to time.Time) *Window {
	at := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(w.samples, t, func(s Sample, t time.Time) int { return s.Time.Compare(t) })
		return i
	}
	first := at(from)
	last := max(first, at(to))
	part := &Window{
		probe: w.probe, spec: w.spec, faults: w.faults, parent: w,
		start: later(w.start, from), end: earlier(w.end, to), samples: w.samples[first:last:last],
	}
	part.count()
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

// Judged keeps a matcher's verdict for the record; the last one of a matcher on
// an objective counts.
func (w *Window) Judged(j record.Judgement) {
	w.mu.Lock()
	same := slices.IndexFunc(w.judgements, func(k record.Judgement) bool {
		return k.Matcher == j.Matcher && k.Objective == j.Objective
	})
	if same >= 0 {
		w.judgements[same] = j
	} else {
		w.judgements = append(w.judgements, j)
	}
	w.mu.Unlock()
	if w.parent != nil {
		j.Objective += fmt.Sprintf(" from %s to %s", w.start.Sub(w.parent.start), w.end.Sub(w.parent.start))
		w.parent.Judged(j)
	}
}

// Record is the window's summary with what was judged so far.
func (w *Window) Record() record.Window {
	latencies := w.latencies()
	seconds := func(q float64) record.Float {
		if latency, ok := quantile(latencies, q); ok {
			return record.Float(latency.Seconds())
		}
		return record.Float(math.NaN())
	}
	r := record.Window{
		Schema: record.Schema, Spec: w.spec, Probe: w.probe, Start: w.start.Round(0), End: w.end.Round(0),
		Faults: slices.Clone(w.faults), Count: len(w.samples), Errors: w.errors,
		P50: seconds(0.5), P90: seconds(0.9), P99: seconds(0.99),
	}
	if w.errors > 0 {
		r.Classes = make(map[string]int, len(w.classes))
		for class, n := range w.classes {
			r.Classes[string(class)] = n
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Judgements = slices.Clone(w.judgements)
	return r
}

// MarshalJSON encodes the window's record, so that a report entry that holds
// the window has what was judged after it was added.
func (w *Window) MarshalJSON() ([]byte, error) { return json.Marshal(w.Record()) }

// String says the window in one line: "GET http://shop:8080/checkout: 250
// samples in 5s from 12:00:00.000, 3 errors (2 timeout, 1 status 5xx), p50 12ms, p99 330ms".
func (w *Window) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d samples in %s from %s, ", w.probe, len(w.samples), Round(w.end.Sub(w.start)), w.start.Format("15:04:05.000"))
	switch w.errors {
	case 0:
		s.WriteString("no error")
	case 1:
		fmt.Fprintf(&s, "1 error (%s)", w.classText())
	default:
		fmt.Fprintf(&s, "%d errors (%s)", w.errors, w.classText())
	}
	latencies := w.latencies()
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		if latency, ok := quantile(latencies, q.share); ok {
			fmt.Fprintf(&s, ", %s %s", q.name, Round(latency))
		}
	}
	return s.String()
}

// classText lists the errors by class, the most frequent first.
func (w *Window) classText() string {
	classes := slices.SortedFunc(maps.Keys(w.classes), func(a, b Class) int {
		return cmp.Or(cmp.Compare(w.classes[b], w.classes[a]), cmp.Compare(a, b))
	})
	parts := make([]string, len(classes))
	for i, class := range classes {
		parts[i] = fmt.Sprintf("%d %s", w.classes[class], class)
	}
	return strings.Join(parts, ", ")
}

// GomegaString is how failure messages print the window.
func (w *Window) GomegaString() string { return w.String() }
