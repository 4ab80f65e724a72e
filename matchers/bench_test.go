package matchers_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// series is n samples of a service. One in a hundred fails.
func series(b *testing.B, n int) *probe.Series {
	b.Helper()
	s := probe.NewSeries(checkout, noon)
	for i := range n {
		if err := s.Add(benchSample(i)); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func benchSample(i int) probe.Sample {
	sample := healthy(i)
	sample.Latency += time.Duration(i*7919%10_000) * time.Microsecond
	if i%100 == 99 {
		failing(&sample)
	}
	return sample
}

var benched = []struct {
	name    string
	matcher func(control *probe.Window) types.GomegaMatcher
}{
	{"KeepErrorRateBelow", func(*probe.Window) types.GomegaMatcher { return KeepErrorRateBelow(2 * Percent) }},
	{"KeepLatencyBelow", func(*probe.Window) types.GomegaMatcher { return KeepLatencyBelow(20*time.Millisecond, P90) }},
	{"MatchControl", func(control *probe.Window) types.GomegaMatcher { return MatchControl(control) }},
}

// BenchmarkJudge is the first look at a window of a million samples.
func BenchmarkJudge(b *testing.B) {
	const n = 1_000_000
	control, all := series(b, n), series(b, n).Window().Samples()
	control.End(control.Window().End())
	for _, m := range benched {
		b.Run(fmt.Sprintf("%s/%d", m.name, n), func(b *testing.B) {
			matcher := m.matcher(control.Window())
			for b.Loop() {
				b.StopTimer()
				fresh := probe.NewSeries(checkout, noon)
				if err := fresh.Add(all...); err != nil {
					b.Fatal(err)
				}
				w := fresh.Window()
				b.StartTimer()
				if _, err := matcher.Match(w); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLook is one look more, with one sample more: its cost must not depend
// on how many there are already.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		control := series(b, 2*n)
		control.End(control.Window().End())
		for _, m := range benched {
			b.Run(fmt.Sprintf("%s/%d", m.name, n), func(b *testing.B) {
				matcher, s, i := m.matcher(control.Window()), series(b, n), n
				for b.Loop() {
					if err := s.Add(benchSample(i)); err != nil {
						b.Fatal(err)
					}
					i++
					_, _ = matcher.Match(s.Window()) // whatever the verdict is
				}
			})
		}
	}
}

// BenchmarkLookAtAFleet is one look more at a fleet, with one round more.
func BenchmarkLookAtAFleet(b *testing.B) {
	for _, c := range []struct{ members, rounds int }{{5, 1000}, {5, 100_000}, {100, 1000}} {
		b.Run(fmt.Sprintf("HaveNoOutliers/%d members/%d rounds", c.members, c.rounds), func(b *testing.B) {
			all := make([]probe.Member, c.members)
			for i := range all {
				all[i].Name = fmt.Sprintf("replica-%d", i+1)
			}
			fleet, err := probe.NewFleetSeries(noon, 50, 200*time.Millisecond, all...)
			if err != nil {
				b.Fatal(err)
			}
			n := 0
			more := func() {
				round := make([]probe.Sample, c.members)
				for i := range round {
					round[i] = healthy(n)
				}
				if err := fleet.Add(round...); err != nil {
					b.Fatal(err)
				}
				n++
			}
			for range c.rounds {
				more()
			}
			matcher := HaveNoOutliers()
			for b.Loop() {
				more()
				if ok, err := matcher.Match(fleet.Window()); !ok {
					b.Fatal(err)
				}
			}
		})
	}
}
