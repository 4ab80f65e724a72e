package probe

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Record is the window's summary with the judgements so far. For a series that grows,
// these are the judgements on all its windows.
func (w *Window) Record() record.Window {
	r := w.summary()
	r.Judgements = w.notes.record()
	r.Control = w.notes != nil && w.notes.control.Load()
	return r
}

// summary is the record without judgements: the totals, and the rows over time.
func (w *Window) summary() record.Window {
	r := w.totals()
	r.RowWidth, r.Rows = w.rows()
	return r
}

func (w *Window) totals() record.Window {
	latencies := w.latencies()
	r := w.totalsOf(len(w.samples), func(q float64) (time.Duration, bool) { return quantile(latencies, q) })
	r.Way = w.Way()
	r.Late, r.Lag = w.Late(LateAfter), record.Float(w.Lag().Seconds())
	if r.Late == 0 {
		r.Lag = 0
	}
	return r
}

// Way is how the probe reached the service. It is empty if that has changed within the
// window, or if the probe does not look over the network.
func (w *Window) Way() record.Way {
	var way record.Way
	for i := range w.samples {
		switch now := w.samples[i].Way; {
		case way == "":
			way = now
		case now != "" && now != way:
			return ""
		}
	}
	return way
}

// totalsOf is the totals of n samples with these quantiles.
func (w *Window) totalsOf(n int, quantile func(float64) (time.Duration, bool)) record.Window {
	return record.Window{
		Schema: record.Schema, Spec: w.spec, Probe: w.probe, Number: w.number, Start: w.start.Round(0), End: w.end.Round(0),
		Faults: slices.Clone(w.faults), Count: n, Errors: w.errors, Classes: byName(w.classes),
		P50: seconds(quantile, 0.5), P90: seconds(quantile, 0.9), P99: seconds(quantile, 0.99),
	}
}

// seconds is the quantile q in seconds, or NaN if there is none.
func seconds(quantile func(float64) (time.Duration, bool), q float64) record.Float {
	if latency, ok := quantile(q); ok {
		return record.Float(latency.Seconds())
	}
	return record.Float(math.NaN())
}

// byName is the count of each class under its name in records; nil without errors.
func byName(classes map[Class]int) map[string]int {
	if len(classes) == 0 {
		return nil
	}
	named := make(map[string]int, len(classes))
	for class, n := range classes {
		named[string(class)] = n
	}
	return named
}

// MarshalJSON encodes the record. So a report entry with the window also has the
// judgements that were made after the entry was added.
func (w *Window) MarshalJSON() ([]byte, error) { return json.Marshal(w.Record()) }

// String describes the window in one line: "GET http://shop:8080/checkout: 250 samples
// in 5s from 12:00:00.000, 3 errors (2 timeout, 1 status 5xx), p50 12ms, p99 330ms".
func (w *Window) String() string {
	return fmt.Sprintf("%s: %s in %s from %s, %s", w.probe, units.Plural(len(w.samples), "sample"), units.Round(w.end.Sub(w.start)), w.start.Format(clockTime), w.results())
}

// results are the errors and the latencies in words.
func (w *Window) results() string {
	var s strings.Builder
	if w.errors == 0 {
		s.WriteString("no error")
	} else {
		fmt.Fprintf(&s, "%s (%s)", units.Plural(w.errors, "error"), w.classText())
	}
	latencies := w.latencies()
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}} {
		if latency, ok := quantile(latencies, q.share); ok {
			fmt.Fprintf(&s, ", %s %s", q.name, units.Round(latency))
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
		parts[i] = fmt.Sprintf("%s %s", units.Number(w.classes[class]), cmp.Or(class, "without a class"))
	}
	return strings.Join(parts, ", ")
}

// GomegaString is how Gomega's messages print the window: with the mark of its last
// judgement.
func (w *Window) GomegaString() string { return w.notes.marked(w.String()) }
