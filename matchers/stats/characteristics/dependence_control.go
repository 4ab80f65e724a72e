package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/chaosgate/chaosgate/matchers"
)

// controlNoise compares healthy noise with a control of the same noise, but for a cold service
// and its warm control.
func controlNoise(l *lab) []row {
	const samples = 20
	var rows []row
	for _, n := range append(noises(), bursting(0.02, 3), bursting(0.02, 5), bursting(0.02, 10)) {
		s := l.controlAlarms(n, samples, noisyRuns)
		rows = append(rows, row{
			what:  fmt.Sprintf("MatchControl, alike, %s, %d looks of %d", n.name, noisyLooks, samples),
			claim: "false alarms at most " + percent(noisyAlpha), simulated: s.String(), holds: s.upper <= noisyAlpha,
			naive: percent(l.controlFooled(n, samples).rate()) + ": Mann-Whitney against 125 % at the end",
		})
	}
	slow := caching(5)
	s, worse := l.controlAlarms(slow, samples, naiveRuns), l.controlFooled(slow, samples)
	rows = append(rows, row{
		what:  fmt.Sprintf("MatchControl, alike, %s: not promised", slow.name),
		claim: "theory: two such windows of 10 s differ for good", simulated: s.String(), holds: s.rate() <= 0.1,
		naive: percent(worse.rate()) + ": Mann-Whitney against 125 % at the end",
	})
	return append(rows, controlAtMargin(l), controlPower(l))
}

func (l *lab) controlAlarms(n noise, samples, runs int) share {
	return count(each(l, runs, func(_ int, random *rand.Rand) bool {
		control := n
		if n.name == warming.name {
			control = independent
		}
		usual := control.measure(random)
		usual.more(noisyLooks * samples)
		return wronglyViolated(n, samples, random, matchers.MatchControl(usual.end(), matchers.Alpha(noisyAlpha)))
	}))
}

func (l *lab) controlFooled(n noise, samples int) share {
	return count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool {
		mine, theirs := n.start(random), n.start(random)
		var is, was []float64
		for i := range noisyLooks * samples {
			x, _ := mine(i)
			y, _ := theirs(i)
			is, was = append(is, x), append(was, 1.25*y)
		}
		return mannWhitney(is, was) <= noisyAlpha
	}))
}

// controlAtMargin is a window that is just as much slower as the margin allows, polled and
// judged at its end.
func controlAtMargin(l *lab) row {
	const samples = 20
	n := latencies("25 % slower", func(random *rand.Rand) func(float64) float64 {
		return func(float64) float64 { return 1.25 * lognormal(random, ordinary, sigma) }
	})
	s := count(each(l, l.runs, func(_ int, random *rand.Rand) bool {
		usual := independent.measure(random)
		usual.more(noisyLooks * samples)
		return wronglyViolated(n, samples, random, matchers.MatchControl(usual.end(), matchers.Alpha(noisyAlpha)))
	}))
	return row{
		what:  fmt.Sprintf("MatchControl, 25 %% slower, independent, %d looks of %d and one at the end", noisyLooks, samples),
		claim: "false alarms at most " + percent(noisyAlpha), simulated: s.String(), holds: s.upper <= noisyAlpha, naive: "",
	}
}

// controlPower is how often a window that is slower by half is seen.
func controlPower(l *lab) row {
	const pairs, factor = 250, 1.5
	var found, fooled []bool
	for _, seen := range each(l, noisyRuns, func(_ int, random *rand.Rand) [2]bool {
		usual := independent.measure(random)
		usual.more(pairs)
		worse := latencies("slower", func(random *rand.Rand) func(float64) float64 {
			return func(float64) float64 { return factor * lognormal(random, ordinary, sigma) }
		})
		w, control := worse.measure(random), usual.end()
		w.more(pairs)
		is, was := make([]float64, pairs), make([]float64, pairs)
		for i, s := range w.end().Samples() {
			is[i] = s.Latency.Seconds()
		}
		for i, s := range control.Samples() {
			was[i] = 1.25 * s.Latency.Seconds()
		}
		return [2]bool{alarm(matchers.MatchControl(control).Match(w.end())), mannWhitney(is, was) <= noisyAlpha}
	}) {
		found, fooled = append(found, seen[0]), append(fooled, seen[1])
	}
	return row{
		what:  fmt.Sprintf("MatchControl, x%.1f slower, independent, %d + %d: found in one look", factor, pairs, pairs),
		claim: "in at least 80 %", simulated: percent(count(found).rate()), holds: count(found).rate() >= 0.8,
		naive: percent(count(fooled).rate()) + ": Mann-Whitney against 125 % with the whole of alpha and a single look",
	}
}
