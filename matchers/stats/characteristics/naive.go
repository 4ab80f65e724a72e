package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// naiveRuns bounds the runs of a naive test. Its rates are far from the claim, so few runs
// are enough.
const naiveRuns = 500

// naively is how often the same services fool the naive test.
func (j judge) naively(l *lab, looks, samples int, alpha float64) string {
	if j.fooled == nil {
		return ""
	}
	fooled := each(l, min(naiveRuns, l.runs), func(_ int, random *rand.Rand) bool {
		run := j.watch(looks*samples, random)
		for range looks {
			run.more(j.service, samples)
			if j.fooled(run, alpha) {
				return true
			}
		}
		return false
	})
	return percent(count(fooled).rate()) + ": " + j.naive
}

func aboveLimit(run *watched, _ float64) bool {
	w := run.series.Window()
	return w.N() >= 20 && float64(w.Errors())/float64(w.N()) > limit
}

func belowLimit(run *watched, _ float64) bool {
	w := run.series.Window()
	return w.N() >= 100 && float64(w.Errors())/float64(w.N()) < limit
}

func noError(run *watched, _ float64) bool {
	w := run.series.Window()
	return w.N() == 20 && w.Errors() == 0
}

// binomialEachTime is the exact one-sided test, as if each look were the only one.
func binomialEachTime(run *watched, alpha float64) bool {
	w := run.series.Window()
	return binomialTail(w.Errors(), w.N(), limit) <= alpha
}

// binomialTail is the probability of at least k events in n samples of the rate.
func binomialTail(k, n int, rate float64) float64 {
	below, share := 0.0, math.Pow(1-rate, float64(n))
	for i := range k {
		below += share
		share *= float64(n-i) / float64(i+1) * rate / (1 - rate)
	}
	return 1 - below
}

func quantileAbove(run *watched, _ float64) bool {
	w := run.series.Window()
	latency, ok := w.Quantile(0.9)
	return ok && w.N() >= 20 && latency > p90()
}

func quantileBelow(run *watched, _ float64) bool {
	w := run.series.Window()
	latency, ok := w.Quantile(0.9)
	return ok && w.N() >= 20 && latency < p90()
}

// mannWhitneyEachTime is the usual large-sample test, as if each look were the
// only one. It looks after every tenth sample, which flatters it.
func mannWhitneyEachTime(run *watched, alpha float64) bool { return mannWhitneyBy(run, alpha, 1) }

// mannWhitneyBeyondMargin is the same test against a control raised by the margin.
func mannWhitneyBeyondMargin(run *watched, alpha float64) bool {
	return mannWhitneyBy(run, alpha, 1.25)
}

func mannWhitneyBy(run *watched, alpha, raised float64) bool {
	w := run.series.Window()
	if w.N()%10 != 0 || w.N() < 20 {
		return false
	}
	control := secondsOf(run.control)[:w.N()]
	for i := range control {
		control[i] *= raised
	}
	return mannWhitney(secondsOf(w), control) <= alpha
}

// mannWhitneyShowsNothing is often mistaken for a proof that nothing is worse.
func mannWhitneyShowsNothing(run *watched, alpha float64) bool {
	w := run.series.Window()
	return w.N() == 20 && mannWhitney(secondsOf(w), secondsOf(run.control)[:20]) > alpha
}

func secondsOf(w *probe.Window) []float64 {
	samples := w.Samples()
	all := make([]float64, len(samples))
	for i, s := range samples {
		all[i] = s.Latency.Seconds()
	}
	return all
}

// mannWhitney is the one-sided p that x is larger, by the normal approximation.
func mannWhitney(x, y []float64) float64 {
	sorted := slices.Sorted(slices.Values(y))
	u := 0.0
	for _, v := range x {
		below, _ := slices.BinarySearch(sorted, v)
		u += float64(below)
	}
	n, m := float64(len(x)), float64(len(y))
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(z/math.Sqrt2) / 2
}
