package probe_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// tenSamples are meant for ten seconds from noon, with latencies from 1 to
// 10 ms, last first; the samples at 3, 4 and 8 s fail.
func tenSamples() *probe.Window {
	var samples []probe.Sample
	for i := 9; i >= 0; i-- {
		s := probe.Sample{Probe: "p", Time: noon.Add(time.Duration(i) * time.Second), Latency: time.Duration(10-i) * time.Millisecond, Class: probe.OK}
		switch i {
		case 3, 4:
			s.Class = probe.Status5xx
		case 8:
			s.Class = probe.TimedOut
		}
		samples = append(samples, s)
	}
	return probe.NewWindow("p", noon, noon.Add(10*time.Second), samples)
}

func TestWindowCountsAndOrders(t *testing.T) {
	w := tenSamples()
	if w.N() != 10 || w.Errors() != 3 || w.Classes()[probe.Status5xx] != 2 || w.Classes()[probe.TimedOut] != 1 {
		t.Errorf("got %s", w)
	}
	if slow := w.Count(func(s probe.Sample) bool { return s.Latency > 8*time.Millisecond }); slow != 2 {
		t.Errorf("%d slow samples, want 2", slow)
	}
	w.Samples()[0].Class = "changed"
	delete(w.Classes(), probe.TimedOut)
	if first := w.Samples()[0]; !first.Time.Equal(noon) || first.Class != probe.OK || len(w.Classes()) != 2 {
		t.Errorf("the window can be changed, or is out of order: %s", first)
	}
	if want := "p: 10 samples in 10s from 12:00:00.000, 3 errors (2 status 5xx, 1 timeout), p50 5ms, p99 10ms"; w.String() != want || w.GomegaString() != want {
		t.Errorf("got  %s\nwant %s", w, want)
	}
	if empty := probe.NewWindow("p", noon, noon, nil); empty.String() != "p: 0 samples in 0s from 12:00:00.000, no error" {
		t.Errorf("the empty window is %s", empty)
	}
}

func TestQuantileIsTheNearestRankOfHealthySamples(t *testing.T) {
	w := tenSamples() // healthy: 1, 3, 4, 5, 8, 9, 10 ms
	for q, want := range map[float64]time.Duration{0.001: 1, 1.0 / 7: 1, 0.15: 3, 0.5: 5, 0.9: 10, 1: 10} {
		if got, ok := w.Quantile(q); !ok || got != want*time.Millisecond {
			t.Errorf("quantile %v is %s, want %dms", q, got, want)
		}
	}
	for _, q := range []float64{0, -1, 1.1, math.NaN()} {
		if got, ok := w.Quantile(q); ok {
			t.Errorf("quantile %v is %s", q, got)
		}
	}
	if _, ok := probe.NewWindow("p", noon, noon, nil).Quantile(0.5); ok {
		t.Error("an empty window has a median")
	}
}

func TestSliceIsHalfOpen(t *testing.T) {
	w := tenSamples()
	for _, c := range []struct{ from, to, n, errors int }{{0, 10, 10, 3}, {3, 5, 2, 2}, {-5, 4, 4, 1}, {8, 100, 2, 1}, {5, 5, 0, 0}, {6, 2, 0, 0}} {
		part := w.Slice(noon.Add(time.Duration(c.from)*time.Second), noon.Add(time.Duration(c.to)*time.Second))
		if part.N() != c.n || part.Errors() != c.errors {
			t.Errorf("from %d to %d: %s, want %d samples and %d errors", c.from, c.to, part, c.n, c.errors)
		}
	}
}

func TestASliceOutsideTheWindowIsEmptyAndTakesNoTime(t *testing.T) {
	w := tenSamples()
	for _, part := range []*probe.Window{
		w.Slice(noon.Add(time.Hour), noon.Add(2*time.Hour)), w.Slice(noon.Add(-2*time.Hour), noon.Add(-time.Hour)), w.Slice(noon.Add(5*time.Second), noon),
	} {
		if text := part.String(); !strings.Contains(text, ": 0 samples in 0s from ") {
			t.Errorf("got %s", text)
		}
	}
}

func TestANegativeLatencyIsNoMeasurement(t *testing.T) {
	bad := probe.Sample{Time: noon, Latency: -5 * time.Millisecond, Class: probe.OK}
	const want = "the sample meant for 12:00:00.000 took -5ms: a latency is not negative"
	w := probe.NewWindow("p", noon, noon.Add(time.Second), []probe.Sample{bad})
	if err := w.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("validated: %v", err)
	}
	if err := w.Slice(noon, noon.Add(time.Second)).Validate(); err == nil {
		t.Error("its part is valid")
	}
	if err := tenSamples().Validate(); err != nil {
		t.Errorf("a good window: %v", err)
	}
	s := probe.NewSeries("p", noon)
	if err := s.Add(bad); err == nil || !strings.HasPrefix(err.Error(), "add samples to p: "+want) || s.Window().N() != 0 {
		t.Errorf("added: %v", err)
	}
}

func TestAWindowEndsAfterItsStartAndItsSamples(t *testing.T) {
	one := []probe.Sample{{Time: noon, Class: probe.OK}}
	two := append(one, probe.Sample{Time: noon.Add(time.Second), Class: probe.OK})
	const advice = ": give the end of the span in which samples were intended"
	const early = "the window ends at 11:00:00.000, 1h0m0s before its start" + advice
	const cut = "the window ends at 12:00:00.500, and a sample was meant for 12:00:01.000" + advice
	ended := func(end time.Time, samples ...probe.Sample) *probe.Window {
		s := probe.NewSeries("p", noon)
		if err := s.Add(samples...); err != nil {
			t.Fatal(err)
		}
		s.End(end)
		return s.Window()
	}
	for _, c := range []struct {
		want string
		w    *probe.Window
	}{
		{early, probe.NewWindow("p", noon, noon.Add(-time.Hour), one)},
		{early, probe.NewWindow("p", noon, noon.Add(-time.Hour), nil)},
		{early, ended(noon.Add(-time.Hour), one...)},
		{early, ended(noon.Add(-time.Hour))},
		{cut, probe.NewWindow("p", noon, noon.Add(time.Second/2), two)},
		{cut, ended(noon.Add(time.Second/2), two...)},
	} {
		for _, w := range []*probe.Window{c.w, c.w.Slice(noon, noon.Add(time.Hour))} {
			if err := w.Validate(); err == nil || err.Error() != c.want {
				t.Errorf("%s: %v, want\n%s", w, err, c.want)
			}
		}
	}
	for _, w := range []*probe.Window{probe.NewWindow("p", noon, noon, one), ended(noon, one...), ended(noon.Add(time.Second), two...)} {
		if err := w.Validate(); err != nil {
			t.Errorf("%s: %v", w, err)
		}
	}
	f := fleetSeries(t, 8)
	f.End(noon)
	if err := f.Window().Validate(); err == nil || !strings.HasPrefix(err.Error(), "the window of a: the window ends at 12:00:00.000, and a sample was meant for 12:00:00.70") {
		t.Errorf("a fleet that ends before its samples: %v", err)
	}
}

func TestCountsOfOneAreSingular(t *testing.T) {
	one := []probe.Sample{{Time: noon, Class: probe.OK}}
	if w := probe.NewWindow("p", noon, noon.Add(time.Second), one); w.String() != "p: 1 sample in 1s from 12:00:00.000, no error, p50 0s, p99 0s" {
		t.Errorf("got %s", w)
	}
	if w := fleetSeries(t, 1).Window(); !strings.HasPrefix(w.String(), "fleet of 3: a,b,c: 1 sample each in 100ms from 12:00:00.000\n  a: 1 sample, no error") {
		t.Errorf("got %s", w)
	}
	if err := fleetSeries(t, 0).Add(one...); err == nil || err.Error() != "add a round to fleet of 3: a,b,c: 1 sample for 3 members: give one for each member" {
		t.Errorf("added: %v", err)
	}
	instant := probe.Member{Name: "a", Window: probe.NewWindow("p", noon, noon, one)}
	if _, err := probe.NewFleetWindow(0, instant, probe.Member{Name: "b", Window: instant.Window}); err == nil || err.Error() != "make fleet window: 1 sample in 0s: the end must be after the start" {
		t.Errorf("made: %v", err)
	}
	none := probe.Member{Name: "b", Window: probe.NewWindow("p", noon, noon, nil)}
	if _, err := probe.NewFleetWindow(0, instant, none); err == nil || err.Error() != "make fleet window: b has 0 samples and a has 1: all members need the same number" {
		t.Errorf("made: %v", err)
	}
	if _, err := probe.NewFleetWindow(0, probe.Member{Name: "b", Window: none.Window}, instant); err == nil || err.Error() != "make fleet window: a has 1 sample and b has 0: all members need the same number" {
		t.Errorf("made: %v", err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	stop(errors.New("the spec timed out"))
	if _, err := probe.Run(ctx, quick, 1, time.Second); err == nil || err.Error() != "load test probe at 1/s for 1s: stopped after 0 of 1 sample: the spec timed out" {
		t.Errorf("ran: %v", err)
	}
}

func TestASampleWithoutAClassIsCounted(t *testing.T) {
	w := probe.NewWindow("p", noon, noon.Add(time.Second), []probe.Sample{{Time: noon}, {Time: noon}})
	if text := w.String(); !strings.Contains(text, "2 errors (2 without a class)") {
		t.Errorf("got %s", text)
	}
}

func judged(j record.Judgement) func() record.Judgement {
	return func() record.Judgement { return j }
}

func TestTheLastJudgementCountsAndGoesIntoTheRecord(t *testing.T) {
	w := tenSamples()
	part := w.Slice(noon.Add(time.Second), noon.Add(3*time.Second))
	for _, outcome := range []record.Outcome{record.Undecided, record.Kept} {
		w.Judged("M", "o", judged(record.Judgement{Outcome: outcome, LogE: record.Float(math.Inf(1))}))
		part.Judged("M", "o", judged(record.Judgement{Outcome: record.Violated}))
	}
	w.Judged("M", "other", judged(record.Judgement{Outcome: record.Kept}))
	w.Slice(noon.Add(time.Second), noon.Add(5*time.Second)).Judged("M", "o", judged(record.Judgement{Outcome: record.Violated, Text: "bad"}))
	encoded, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	r, err := record.Decode[record.Window](w, string(encoded))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, j := range r.Judgements {
		got = append(got, j.Objective+": "+string(j.Outcome))
	}
	if strings.Join(got, "; ") != "o: kept; o: violated; other: kept" {
		t.Errorf("judgements: %q", got)
	}
	if j := r.Judgements[1]; j.Text != "bad" || j.Part == nil || *j.Part != (record.Part{From: time.Second, To: 5 * time.Second}) {
		t.Errorf("the part's judgement says %q of %v", j.Text, j.Part)
	}
	if r.Schema != record.Schema || r.Count != 10 || r.Errors != 3 || r.Classes["status 5xx"] != 2 || float64(r.P50) != 0.005 || !r.Start.Equal(noon) {
		t.Errorf("record %+v", r)
	}
	if live, err := record.Decode[record.Window](w, ""); err != nil || len(live.Judgements) != 3 {
		t.Errorf("the live window decodes as %+v, %v", live, err)
	}
}

func TestAJudgementHasOneIDWhereverItIsRecorded(t *testing.T) {
	w := tenSamples()
	whole := w.Judged("M", "o", judged(record.Judgement{}))
	part := w.Slice(noon.Add(time.Second), noon.Add(5*time.Second))
	inner := part.Slice(noon.Add(2*time.Second), noon.Add(4*time.Second))
	first := inner.Judged("M", "o", judged(record.Judgement{}))
	if again := inner.Judged("M", "o", judged(record.Judgement{})); again != first {
		t.Errorf("judged again it has the ID %s, and had %s", again, first)
	}
	if whole == "" || first == "" || whole == first {
		t.Errorf("the whole's judgement is %q and the part's %q", whole, first)
	}
	for name, c := range map[string]struct {
		record record.Window
		part   *record.Part
	}{
		"inner": {inner.Record(), nil},
		"part":  {part.Record(), &record.Part{From: time.Second, To: 3 * time.Second}},
		"whole": {w.Record(), &record.Part{From: 2 * time.Second, To: 4 * time.Second}},
	} {
		last := c.record.Judgements[len(c.record.Judgements)-1]
		if last.ID != first || !reflect.DeepEqual(last.Part, c.part) {
			t.Errorf("%s: %s of %v, want %s of %v", name, last.ID, last.Part, first, c.part)
		}
	}
}

func TestGomegasOwnMessagesCarryTheLastJudgement(t *testing.T) {
	w := tenSamples()
	if text := w.GomegaString(); text != w.String() {
		t.Errorf("nothing was judged, and it says %s", text)
	}
	w.Judged("M", "other", judged(record.Judgement{Outcome: record.Kept}))
	id := w.Judged("M", "o", judged(record.Judgement{Outcome: record.Violated}))
	text, marks := record.Marks(w.GomegaString())
	if text != w.String() || len(marks) != 1 || marks[0].ID != id || marks[0].Outcome != record.Violated {
		t.Errorf("it says %s with %v", text, marks)
	}
}

func TestWindowMayBeJudgedAndReadAtOnce(t *testing.T) {
	w := tenSamples()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			w.Judged("M", "o", judged(record.Judgement{}))
			_, _ = w.Record(), w.String()
			w.Slice(noon, noon.Add(time.Second)).Judged("M", "", judged(record.Judgement{}))
		})
	}
	all.Wait()
	if n := len(w.Record().Judgements); n != 2 {
		t.Errorf("%d judgements, want 2", n)
	}
}
