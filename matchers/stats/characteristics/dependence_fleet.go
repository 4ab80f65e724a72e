package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers"
)

// replicas are a fleet of five that is asked 20 times a second, each by a noise of its own.
const (
	replicas    = 5
	replicaRate = 20
)

// lasting is lognormal with noise that lasts: its logarithm has a spread, and is correlated over 5 s.
func lasting(spread float64) noise {
	return noise{fmt.Sprintf("noise of %s that lasts 5s", percent(spread)), func(random *rand.Rand) func(int) (float64, bool) {
		next := wander(random, math.Exp(-1./(5*replicaRate)))
		return func(int) (float64, bool) { return lognormal(random, ordinary, sigma) * math.Exp(spread*next()), false }
	}}
}

// failingSometimes is independent and fails at a rate.
func failingSometimes(rate float64) noise {
	return noise{percent(rate) + " errors", func(random *rand.Rand) func(int) (float64, bool) {
		return func(int) (float64, bool) { return lognormal(random, ordinary, sigma), random.Float64() < rate }
	}}
}

// measureFleet loads a fleet, shows it after each part, and at its end.
func measureFleet(n noise, seconds, parts int, odd float64, random *rand.Rand, look func(*probe.FleetWindow)) {
	members := make([]probe.Member, replicas)
	next := make([]func(int) (float64, bool), replicas)
	for i := range members {
		members[i], next[i] = probe.Member{Name: memberName(i)}, n.start(random)
	}
	series, err := probe.NewFleetSeries(noon, replicaRate, 0, members...)
	must(err)
	rounds := seconds * replicaRate
	for i := range rounds {
		round := make([]probe.Sample, replicas)
		for m := range round {
			latency, failed := next[m](i)
			if m == 2 {
				latency *= odd
			}
			round[m] = probe.Sample{
				Probe: "simulated", Time: noon.Add(time.Duration(i) * time.Second / replicaRate),
				Latency: time.Duration(latency * float64(time.Second)), Class: probe.OK,
			}
			if failed {
				round[m].Class = probe.Status5xx
			}
		}
		must(series.Add(round...))
		if parts > 0 && (i+1)%(rounds/parts) == 0 {
			look(series.Window())
		}
	}
	series.End(noon.Add(time.Duration(seconds) * time.Second))
	look(series.Window())
}

func fleetNoise(l *lab) []row {
	var rows []row
	for _, n := range []noise{independent, lasting(0.2), lasting(0.35), lasting(0.5), bursting(0.02, 3), bursting(0.02, 5), bursting(0.02, 10), bimodal} {
		s := count(each(l, noisyRuns, func(_ int, random *rand.Rand) (wrong bool) {
			measureFleet(n, 10, noisyLooks, 1, random, func(w *probe.FleetWindow) {
				wrong = wrong || alarm(matchers.HaveNoOutliers().Match(w))
			})
			return wrong
		}))
		rows = append(rows, row{
			what:  fmt.Sprintf("HaveNoOutliers, 5 replicas at 20/s for 10 s, %s, %d looks", n.name, noisyLooks),
			claim: "false alarms at most " + percent(noisyAlpha), simulated: s.String(), holds: s.upper <= noisyAlpha, naive: "",
		})
	}
	for _, n := range []noise{independent, failingSometimes(0.01), bimodal} {
		s := count(each(l, noisyRuns, func(_ int, random *rand.Rand) (decided bool) {
			measureFleet(n, 10, 0, 1, random, func(w *probe.FleetWindow) {
				ok, err := matchers.HaveNoOutliers().Match(w)
				decided = ok && err == nil
			})
			return decided
		}))
		rows = append(rows, row{
			what:  fmt.Sprintf("HaveNoOutliers, 5 healthy replicas at 20/s for 10 s, %s: kept", n.name),
			claim: "at least 95 %", simulated: percent(s.rate()), holds: s.rate() >= 0.95, naive: "",
		})
	}
	s := count(each(l, noisyRuns, func(_ int, random *rand.Rand) (named bool) {
		measureFleet(independent, 20, 0, 1.5, random, func(w *probe.FleetWindow) {
			ok, err := matchers.HaveOutlier(memberName(2), matchers.Slower).Match(w)
			named = ok && err == nil
		})
		return named
	}))
	return append(rows, row{
		what:  "HaveOutlier(Slower), one of 5 replicas x1.5 slower, 20/s for 20 s: named",
		claim: "at least 90 %", simulated: percent(s.rate()), holds: s.rate() >= 0.9, naive: "",
	})
}
