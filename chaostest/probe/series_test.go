package probe_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// tick is the i-th of samples 100 ms apart; every third fails.
func tick(i int) probe.Sample {
	s := probe.Sample{Probe: "p", Time: noon.Add(time.Duration(i) * 100 * time.Millisecond), Latency: time.Duration(i+1) * time.Millisecond, Class: probe.OK}
	if i%3 == 2 {
		s.Class = probe.Status5xx
	}
	return s
}

func add(t *testing.T, s *probe.Series, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := s.Add(tick(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASeriesGrowsAndItsWindowsDoNot(t *testing.T) {
	s := probe.NewSeries("p", noon)
	empty := s.Window()
	add(t, s, 0, 5)
	five := s.Window()
	add(t, s, 5, 1000)
	for want, w := range map[string]*probe.Window{
		"p: 0 samples in 0s from 12:00:00.000, no error":                                                   empty,
		"p: 5 samples in 400ms from 12:00:00.000, 1 error (1 status 5xx), p50 2ms, p99 5ms":                five,
		"p: 1,000 samples in 1m39.9s from 12:00:00.000, 333 errors (333 status 5xx), p50 500ms, p99 991ms": s.Window(),
	} {
		if got := w.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if !w.Growing() || w.Final() {
			t.Errorf("%s: growing %v, final %v", w, w.Growing(), w.Final())
		}
	}
	if part := five.Slice(noon, five.End()); part.N() != 5 || !part.Growing() {
		t.Errorf("the part up to the window's end has %d samples, want all 5", part.N())
	}
	if once, again := s.Window(), s.Window(); once != again {
		t.Error("a second look at the same samples is another window")
	}
	s.End(noon.Add(time.Hour))
	s.End(noon)
	whole := s.Window()
	if whole.Growing() || !whole.Final() || !whole.End().Equal(noon.Add(time.Hour)) || whole.Slice(noon, noon.Add(time.Second)).Growing() {
		t.Errorf("ended: %s, growing %v, final %v", whole, whole.Growing(), whole.Final())
	}
	if made := tenSamples(); made.Growing() || made.Final() {
		t.Error("a window that NewWindow made is neither growing nor final")
	}
}

func TestASeriesRefusesWhatIsOutOfOrder(t *testing.T) {
	s := probe.NewSeries("p", noon)
	for _, c := range []struct {
		samples []probe.Sample
		want    string
	}{
		{[]probe.Sample{{Time: noon.Add(-1)}}, "add samples to p: a sample meant for 11:59:59.999 comes after 12:00:00.000: add them in the order of their intended starts, from the series' start on"},
		{[]probe.Sample{tick(1), tick(0)}, "add samples to p: a sample meant for 12:00:00.000 comes after 12:00:00.100: add them in the order of their intended starts, from the series' start on"},
	} {
		if err := s.Add(c.samples...); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if n := s.Window().N(); n != 0 {
		t.Errorf("%d samples were added", n)
	}
	if err := s.Add(tick(0), tick(0), tick(1)); err != nil {
		t.Errorf("at the same time: %v", err)
	}
	if err := s.Add(tick(0)); err == nil {
		t.Error("a sample before the last was added")
	}
	s.End(noon.Add(time.Second))
	if err := s.Add(tick(5)); err == nil || err.Error() != "add samples to p: the series has ended: add before End" {
		t.Errorf("after the end: %v", err)
	}
}

// countKey is a key under which a fold is remembered.
type countKey struct{ of string }

func TestFoldCostsNewSamplesOnly(t *testing.T) {
	s := probe.NewSeries("p", noon)
	steps := 0
	count := func(w *probe.Window, key any) int {
		return probe.Fold(w, key, func() int { return 0 }, func(n int, samples []probe.Sample) int {
			for _, s := range samples {
				steps++
				if !s.Healthy() {
					n++
				}
			}
			return n
		})
	}
	expect := func(w *probe.Window, key any, wantCount, wantSteps int) {
		t.Helper()
		steps = 0
		if got := count(w, key); got != wantCount || steps != wantSteps {
			t.Errorf("counted %d in %d steps, want %d in %d", got, steps, wantCount, wantSteps)
		}
	}
	add(t, s, 0, 30)
	thirty := s.Window()
	expect(thirty, countKey{"a"}, 10, 30)
	expect(thirty, countKey{"a"}, 10, 0)
	add(t, s, 30, 33)
	expect(s.Window(), countKey{"a"}, 11, 3)
	expect(thirty, countKey{"a"}, 10, 30) // shorter than what is remembered
	expect(s.Window(), countKey{"a"}, 11, 0)
	expect(s.Window(), countKey{"b"}, 11, 33)
	expect(s.Window(), nil, 11, 33)
	expect(s.Window(), nil, 11, 33)
	expect(s.Window(), []int{1}, 11, 33) // cannot be compared, and must not panic
	expect(s.Window(), []int{1}, 11, 33)
	part := s.Window().Slice(noon, noon.Add(time.Second))
	expect(part, countKey{"a"}, 3, 10)
	expect(part, countKey{"a"}, 3, 0)
	expect(s.Window(), countKey{"a"}, 11, 0)
	made := tenSamples()
	expect(made, countKey{"a"}, 3, 10)
	expect(made, countKey{"a"}, 3, 0)
	// The same key for another kind of state is another fold.
	if text := probe.Fold(made, countKey{"a"}, func() string { return "" }, func(s string, samples []probe.Sample) string { return s + strings.Repeat(".", len(samples)) }); text != ".........." {
		t.Errorf("folded to %q", text)
	}
	for i := range 300 { // keys that are new each time fill no memory
		expect(made, countKey{fmt.Sprint(i)}, 3, 10)
	}
	expect(made, countKey{"299"}, 3, 0)
	expect(made, countKey{"a"}, 3, 10)
}

// A fold must agree with its window while other goroutines add samples and fold.
func TestASeriesMayBeFilledAndFoldedAtOnce(t *testing.T) {
	const n = 2000
	s := probe.NewSeries("p", noon)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				w := s.Window()
				errors := probe.Fold(w, countKey{"errors"}, func() int { return 0 }, func(n int, samples []probe.Sample) int {
					for _, s := range samples {
						if !s.Healthy() {
							n++
						}
					}
					return n
				})
				latencies := probe.Fold(w, countKey{"latencies"}, func() []time.Duration { return nil }, func(all []time.Duration, samples []probe.Sample) []time.Duration {
					for _, s := range samples {
						all = append(all, s.Latency)
					}
					return all
				})
				if errors != w.Errors() || errors != w.N()/3 || len(latencies) != w.N() || w.N() > 0 && latencies[w.N()-1] != time.Duration(w.N())*time.Millisecond {
					t.Errorf("folded %d errors and %d latencies of %s", errors, len(latencies), w)
					return
				}
				w.Judged("M", "o", judged(record.Judgement{Samples: w.N()}))
				if w.Final() {
					return
				}
			}
		})
	}
	add(t, s, 0, n)
	s.End(noon.Add(time.Hour))
	all.Wait()
	if r := s.Window().Record(); r.Count != n || len(r.Judgements) != 1 || r.Judgements[0].Matcher != "M" {
		t.Errorf("record %+v", r)
	}
}

func TestJudgementsOfAllWindowsOfASeriesAreInItsRecord(t *testing.T) {
	s := probe.NewSeries("p", noon)
	written := 0
	for i := range 100 {
		add(t, s, i, i+1)
		w := s.Window()
		w.Judged("M", "o", func() record.Judgement {
			written++
			return record.Judgement{Samples: w.N()}
		})
		w.Slice(noon.Add(time.Second), w.End()).Judged("M", "o", func() record.Judgement {
			written++
			return record.Judgement{Samples: w.N() - 10, Text: "late"}
		})
	}
	if written != 0 {
		t.Errorf("%d judgements were written before anybody read them", written)
	}
	encoded, err := json.Marshal(s.Window())
	if err != nil {
		t.Fatal(err)
	}
	if written != 2 {
		t.Errorf("%d judgements were written for one record of 2", written)
	}
	r, err := record.Decode[record.Window](nil, string(encoded))
	if err != nil || len(r.Judgements) != 2 || r.Judgements[0].Samples != 100 || r.Judgements[0].Part != nil ||
		r.Judgements[1].Part == nil || r.Judgements[1].Part.From != time.Second || r.Judgements[1].Samples != 90 || r.Judgements[1].Text != "late" {
		t.Errorf("record %+v, %v", r, err)
	}
}
