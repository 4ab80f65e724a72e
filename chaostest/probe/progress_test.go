package probe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// progressSample is the i-th at a thousand a second; one in a hundred fails.
func progressSample(start time.Time, i int) Sample {
	s := Sample{Time: start.Add(time.Duration(i) * time.Millisecond), Latency: time.Duration(i*7919%10_000) * time.Microsecond, Class: OK}
	if i%100 == 99 {
		s.Class = TimedOut
	}
	return s
}

// The counts must match a window of the same samples, to the last digit.
func TestProgressMatchesTheWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	start := time.Now()
	for name, latency := range map[string]func(i int) time.Duration{
		"any":     func(int) time.Duration { return time.Duration(random.ExpFloat64() * 1e7) },
		"equal":   func(int) time.Duration { return time.Millisecond },
		"few":     func(int) time.Duration { return time.Duration(random.IntN(3)) },
		"rising":  func(i int) time.Duration { return time.Duration(i) },
		"falling": func(i int) time.Duration { return time.Duration(1e6 - i) },
	} {
		p := newProgress(0)
		var samples []Sample
		for i := range 10_000 {
			s := progressSample(start, i)
			s.Latency = latency(i)
			samples = append(samples, s)
			p.add(0, &s)
			if n := i + 1; n%1777 == 0 || n < 5 || n == 99 || n == 100 {
				want := NewWindow("p", start, start.Add(time.Hour), samples)
				if got := p.all.totals(Window{probe: "p", start: start, end: start.Add(time.Hour)}); !reflect.DeepEqual(got, want.totals()) {
					t.Fatalf("%s, %d samples: got\n%+v, want\n%+v", name, n, got, want.totals())
				}
			}
		}
	}
}

func TestProgressOfNothingHealthyHasNoQuantile(t *testing.T) {
	p := newProgress(0)
	for range 2 {
		if r := p.all.totals(Window{}); !math.IsNaN(float64(r.P50)) {
			t.Errorf("the median of nothing is %v", r.P50)
		}
		p.add(0, &Sample{Class: Refused})
	}
}

// nameOnly is a service that has only a name.
type nameOnly string

func (m nameOnly) Name() string { return string(m) }

func (nameOnly) Endpoint(context.Context, string) (string, record.Way, error) {
	return "", "", errors.New("no port")
}

func (nameOnly) Exec(context.Context, ...string) (code int, out string, _ error) { return 0, "", nil }

// member is a probe that takes some time. The one called b fails.
type member struct {
	name  string
	takes time.Duration
}

func (m member) String() string { return "look at " + m.name }

func (m member) Sample(context.Context) (Sample, error) {
	time.Sleep(m.takes)
	if m.name == "b" {
		return Sample{Class: Refused, Latency: m.takes}, nil
	}
	return Sample{Class: OK, Latency: m.takes}, nil
}

// In a synctest bubble the clock makes the counts certain.
func TestProgressOfAFleetCountsAllAndEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes := map[string]time.Duration{"a": 3 * time.Millisecond, "b": time.Millisecond}
		fleet := FleetOf(func(s Service) Probe { return member{s.Name(), takes[s.Name()]} }, nameOnly("a"), nameOnly("b"))
		var reports []record.Window
		w, err := Run(t.Context(), fleet, 10, time.Second, Labelled("spec", "fault"), Numbered(2),
			Progress(450*time.Millisecond, func(r record.Window) { reports = append(reports, r) }))
		if err != nil || len(reports) != 2 {
			t.Fatalf("%d reports, %v", len(reports), err)
		}
		// By 450 ms rounds 0 to 3 and the first of round 4 have been asked, a and then b.
		r := reports[0]
		if r.Probe != "fleet of 2: look at {a,b}" || r.Spec != "spec" || r.Number != 2 || len(r.Faults) != 1 || r.Count != 9 || r.Errors != 4 || r.Classes["refused"] != 4 ||
			float64(r.P50) != 0.003 || r.End.Sub(r.Start) != 450*time.Millisecond {
			t.Errorf("all: %+v", r)
		}
		a, b := r.Members[0], r.Members[1]
		if a.Probe != "look at a" || a.Count != 5 || a.Errors != 0 || float64(a.P99) != 0.003 || b.Probe != "look at b" || b.Count != 4 || b.Errors != 4 || !math.IsNaN(float64(b.P50)) || b.Spec != "spec" {
			t.Errorf("a: %+v\nb: %+v", a, b)
		}
		if w.N() != 10 || reports[1].Count != 18 {
			t.Errorf("in the end %d, and %d in the last report", w.N(), reports[1].Count)
		}
	})
}

// BenchmarkProgress measures a report while a load runs. Its cost must not depend on
// the number of samples.
func BenchmarkProgress(b *testing.B) {
	for _, members := range []int{1, 4} {
		for _, n := range []int{1000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%d probes/%d", members, n), func(b *testing.B) {
				start := time.Now()
				p, series := newProgress(members), make([]*Series, members)
				if members == 1 {
					p = newProgress(0) // as in the load of a single probe
				}
				for i := range n {
					s := progressSample(start, i)
					p.add(i%members, &s)
				}
				for i := range series {
					series[i] = NewSeries("p", start)
				}
				load := &run{report: func(record.Window) {}}
				tell := series[0].tell(load)
				if members > 1 {
					tell = (&FleetSeries{series: series}).tell(load)
				}
				for b.Loop() {
					tell(start, p)
				}
			})
		}
	}
}

// BenchmarkCount measures the cost of counting one sample.
func BenchmarkCount(b *testing.B) {
	start := time.Now()
	p := newProgress(0)
	for i := 0; b.Loop(); i++ {
		s := progressSample(start, i%1_000_000)
		p.add(0, &s)
	}
}
