package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// exactAlarms simulates the matchers that are exact and have no alpha, and the comparison
// with a baseline, an exact test over whole runs.
func exactAlarms(l *lab) []row {
	const within = 30 * time.Millisecond
	never := func(name, naive string, matcher func() types.GomegaMatcher) row {
		s := count(each(l, l.runs, func(_ int, random *rand.Rand) bool {
			w := answering(random)
			return alarm(matcher().Match(w))
		}))
		return row{what: name, claim: "no false alarm", simulated: s.String(), holds: s.times == 0, naive: naive}
	}
	late := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool { return behindItsAnswer(answering(random), within) }))
	return []row{
		never("AgreeOnClock(30ms), clocks that agree, round trips to 100ms", percent(late.rate())+": reported time less time of answer",
			func() types.GomegaMatcher { return matchers.AgreeOnClock(within) }),
		never("RunTheSameVersion, one version", "the first answers alone: a later change is not seen", func() types.GomegaMatcher { return matchers.RunTheSameVersion() }),
		baselineAlarms(l, 20, 1, 0.05),
		baselineAlarms(l, 10, 3, 0.01),
	}
}

// answering is a fleet whose members all report the right time and the same version,
// over round trips of random length.
func answering(random *rand.Rand) *probe.FleetWindow {
	const members, rounds = 5, 10
	names := make([]probe.Member, members)
	for i := range names {
		names[i] = probe.Member{Name: memberName(i)}
	}
	series, err := probe.NewFleetSeries(noon, 1, time.Second, names...)
	must(err)
	for n := range rounds {
		round := make([]probe.Sample, members)
		for i := range round {
			sent := noon.Add(time.Duration(n) * time.Second)
			there, back := time.Duration(random.Int64N(50e6)), time.Duration(random.Int64N(50e6))
			says := sent.Add(there).Truncate(time.Millisecond)
			round[i] = probe.Sample{
				Probe: "simulated", Time: sent, Latency: there + back, Class: probe.OK, Version: "2",
				Clock: &probe.Reading{Sent: sent, Received: sent.Add(there + back), Says: says, Resolution: time.Millisecond},
			}
		}
		must(series.Add(round...))
	}
	series.End(noon.Add(rounds * time.Second))
	return series.Window()
}

// behindItsAnswer mistakes every slow answer for a clock that is behind.
func behindItsAnswer(f *probe.FleetWindow, within time.Duration) bool {
	for _, m := range f.Members() {
		for _, s := range m.Window.Samples() {
			if s.Clock.Received.Sub(s.Clock.Says) > within {
				return true
			}
		}
	}
	return false
}

// baselineAlarms compares healthy runs with healthy accepted ones.
func baselineAlarms(l *lab, accepted, now int, alpha float64) row {
	s := count(each(l, l.runs, func(_ int, random *rand.Rand) bool {
		b := baseline.Baseline{Schema: baseline.Schema}
		for n := range accepted {
			b.Runs = append(b.Runs, baseline.Run{
				Started: noon.Add(time.Duration(n) * time.Minute), Environment: baseline.Here(), Reference: true,
				Windows: []baseline.Window{summary(healthyRun(random))},
			})
		}
		windows := make([]*probe.Window, now)
		for n := range windows {
			windows[n] = healthyRun(random)
		}
		return alarm(matchers.MatchBaseline(b, matchers.Alpha(alpha)).Match(windows))
	}))
	return row{
		what:  fmt.Sprintf("MatchBaseline, %d accepted runs, %d of now, alpha %s", accepted, now, percent(alpha)),
		claim: "at most " + percent(alpha), simulated: s.String(), holds: s.upper <= alpha,
		naive: "worse than the mean by 2 %: see BASELINE",
	}
}

func summary(w *probe.Window) baseline.Window {
	s := baseline.Summarise(w.Record())
	s.Suite, s.Spec, s.Number = "shop", "sells", 1
	return s
}

// healthyRun is a window of a new run. Runs differ by more than the requests in one run.
func healthyRun(random *rand.Rand) *probe.Window {
	s := service{slower: 1 + spreadOfRuns*random.NormFloat64(), failing: 0.005}
	return s.window(100, random).FromSpec("sells", 1)
}
