package probe

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// checkRows compares a record's rows with its totals and with the window's span.
func checkRows(t *testing.T, w record.Window) {
	t.Helper()
	count, errors, classes := 0, 0, map[string]int{}
	for i, r := range w.Rows {
		count, errors = count+r.Count, errors+r.Errors
		for class, n := range r.Classes {
			classes[class] += n
		}
		if i > 0 && r.At.Sub(w.Rows[i-1].At) < w.RowWidth {
			t.Errorf("row %d starts at %s, %s after the one before", i, r.At, r.At.Sub(w.Rows[i-1].At))
		}
		if r.At.Before(w.Start) || r.At.After(w.End) || r.At.Sub(w.Start)%w.RowWidth != 0 || r.Count == 0 {
			t.Errorf("row %d: %+v, of a window from %s to %s", i, r, w.Start, w.End)
		}
		if none := r.Count == r.Errors; none != math.IsNaN(float64(r.P50)) || r.P50 > r.P90 || r.P90 > r.P99 {
			t.Errorf("row %d has the quantiles %v, %v, %v", i, r.P50, r.P90, r.P99)
		}
	}
	if count != w.Count || errors != w.Errors || len(w.Classes) != len(classes) || w.Errors > 0 && !maps.Equal(classes, w.Classes) {
		t.Errorf("rows hold %d samples, %d errors, %v, and the window %d, %d, %v", count, errors, classes, w.Count, w.Errors, w.Classes)
	}
	if len(w.Rows) > mostRows {
		t.Errorf("%d rows, want at most %d", len(w.Rows), mostRows)
	}
}

func TestRowsAddUpToTheWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, span := range []time.Duration{0, time.Millisecond, 300 * time.Millisecond, time.Second, 3 * time.Second, 7123 * time.Millisecond, 10 * time.Second, time.Minute, 5 * time.Minute, 301 * time.Second, 24 * time.Hour} {
		samples := []Sample{{Time: noon, Class: OK, Latency: time.Millisecond}, {Time: noon.Add(span), Class: TimedOut}}
		for range 2000 {
			s := Sample{Time: noon.Add(time.Duration(random.Float64() * float64(span))), Class: OK, Latency: time.Duration(random.IntN(1e9))}
			switch random.IntN(20) {
			case 0:
				s.Class = Refused
			case 1:
				s.Class = Status5xx
			}
			samples = append(samples, s)
		}
		w := NewWindow("p", noon, noon.Add(span), samples).Record()
		checkRows(t, w)
		if span >= time.Second && (len(w.Rows) < fewestRows || span < 10*time.Second && len(w.Rows) > 2*fewestRows) {
			t.Errorf("%s: %d rows", span, len(w.Rows))
		}
	}
}

func TestARowIsASecondWideWhereTheWindowAllows(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{
		3 * time.Second: 250 * time.Millisecond, 5 * time.Second: 500 * time.Millisecond, 10 * time.Second: time.Second,
		5 * time.Minute: time.Second, 10 * time.Minute: 2 * time.Second, time.Hour: 12 * time.Second, 0: time.Millisecond, -time.Second: time.Millisecond,
	} {
		if got := rowWidth(span); got != want {
			t.Errorf("%s: rows of %s, want %s", span, got, want)
		}
	}
}

func TestARowSummarizesItsSamples(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration, latency time.Duration, class Class) Sample {
		return Sample{Time: noon.Add(d), Latency: latency, Class: class}
	}
	w := NewWindow("p", noon, noon.Add(20*time.Second), []Sample{
		at(0, 10*time.Millisecond, OK), at(500*time.Millisecond, 30*time.Millisecond, OK), at(999*time.Millisecond, time.Second, TimedOut),
		at(7*time.Second, time.Second, Refused), at(20*time.Second, 5*time.Millisecond, OK),
	}).Record()
	if len(w.Rows) != 3 || w.RowWidth != time.Second {
		t.Fatalf("%d rows of %s: %+v", len(w.Rows), w.RowWidth, w.Rows)
	}
	if r := w.Rows[0]; !r.At.Equal(noon) || r.Count != 3 || r.Errors != 1 || r.Classes["timeout"] != 1 || r.P50 != 0.01 || r.P99 != 0.03 {
		t.Errorf("the first: %+v", r)
	}
	if r := w.Rows[1]; !r.At.Equal(noon.Add(7*time.Second)) || r.Count != 1 || r.Classes["refused"] != 1 || !math.IsNaN(float64(r.P50)) {
		t.Errorf("the one without an answer: %+v", r)
	}
	if r := w.Rows[2]; !r.At.Equal(noon.Add(19*time.Second)) || r.Count != 1 || r.P50 != 0.005 {
		t.Errorf("the last, with the sample meant for the window's very end: %+v", r)
	}
}

func TestRowsGoThroughJSON(t *testing.T) {
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	w := NewWindow("p", noon, noon.Add(3*time.Second), []Sample{{Time: noon, Class: Refused}, {Time: noon.Add(time.Second), Class: OK, Latency: time.Millisecond}})
	encoded, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	back, err := record.Decode[record.Window](nil, string(encoded))
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, back)
	if len(back.Rows) != 2 || back.RowWidth != 250*time.Millisecond || !math.IsNaN(float64(back.Rows[0].P50)) || back.Rows[1].P50 != 0.001 {
		t.Errorf("came back as %+v", back)
	}
}

func TestAFleetHasRowsForAllAndForEach(t *testing.T) {
	start := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	series, err := NewFleetSeries(start, 10, 0, Member{Name: "a"}, Member{Name: "b"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		at := start.Add(time.Duration(i) * 100 * time.Millisecond)
		if err := series.Add(Sample{Time: at, Class: OK, Latency: time.Millisecond}, Sample{Time: at, Class: Refused}); err != nil {
			t.Fatal(err)
		}
	}
	series.End(start.Add(3 * time.Second))
	r := series.Window().Record()
	for _, w := range append(r.Members, r) {
		checkRows(t, w)
		if len(w.Rows) != 12 {
			t.Errorf("%s has %d rows, want 12", w.Probe, len(w.Rows))
		}
	}
	if row := r.Rows[0]; row.Count != 6 || row.Errors != 3 || row.P50 != 0.001 {
		t.Errorf("the first row of all: %+v", row)
	}
	if row := r.Members[1].Rows[0]; row.Count != 3 || row.Errors != 3 {
		t.Errorf("the first row of b: %+v", row)
	}
}

// While a load runs, only its totals are reported, so that a report costs the same
// no matter how long the load has run.
func TestProgressHasNoRows(t *testing.T) {
	p := newProgress(0)
	p.add(0, &Sample{Class: OK})
	if r := p.all.totals(Window{}); r.Rows != nil || r.RowWidth != 0 {
		t.Errorf("progress has rows: %+v", r)
	}
}
