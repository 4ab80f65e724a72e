package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// keptLimit is the limit of the simulated objective.
const keptLimit = 0.05

// kept measures how often a service at its limit, and one at half of it, keeps its
// objective, and how many samples that takes.
func kept(l *lab) []row {
	var rows []row
	for _, n := range []int{120, 250, 500} {
		for _, rate := range []float64{keptLimit, keptLimit / 2} {
			rows = append(rows, keptBy(l, rate, n))
		}
	}
	return append(rows, untilKept(l), keptBeside(l))
}

// keptBy judges windows of n samples at their end.
func keptBy(l *lab, rate float64, n int) row {
	type look struct{ kept, within bool }
	looks := each(l, l.runs, func(_ int, random *rand.Rand) look {
		w := service{failing: rate}.window(n, random)
		ok, err := matchers.KeepErrorRateBelow(keptLimit).Match(w)
		return look{ok && err == nil, float64(w.Errors()) <= keptLimit*float64(n)}
	})
	holds, beyond, within := make([]bool, len(looks)), 0, 0
	for i, look := range looks {
		holds[i] = look.kept
		if look.kept && !look.within {
			beyond++
		}
		if look.within {
			within++
		}
	}
	s, want := count(holds), stats.Objective{Limit: keptLimit, Alpha: matchers.DefaultAlpha}.ShareKept(rate, n)
	return row{
		what:      fmt.Sprintf("limit %s, true %s, one look at %d requests: kept", percent(keptLimit), percent(rate), n),
		claim:     fmt.Sprintf("%s as planned, none observed beyond the limit", percent(want)),
		simulated: fmt.Sprintf("%s, %d observed beyond", percent(s.rate()), beyond),
		holds:     beyond == 0 && math.Abs(s.rate()-want) <= 4*math.Sqrt(want*(1-want)/float64(s.of)),
		naive:     fmt.Sprintf("%s: observed within the limit, without ruling anything out", percent(float64(within)/float64(len(looks)))),
	}
}

// untilKept measures how many samples a service at half of its limit takes, with a look after
// each.
func untilKept(l *lab) row {
	const most = 5000
	objective := stats.Objective{Limit: keptLimit, Alpha: matchers.DefaultAlpha}
	spent := sorted(each(l, detections, func(_ int, random *rand.Rand) int {
		events := 0
		for n := 1; n <= most; n++ {
			if random.Float64() < keptLimit/2 {
				events++
			} else if objective.Kept(events, n) {
				return n
			}
		}
		return most
	}))
	return row{
		what:      fmt.Sprintf("limit %s, true %s: requests until kept, with a look after each", percent(keptLimit), percent(keptLimit/2)),
		claim:     "mean at most 25, q90 at most 42",
		simulated: fmt.Sprintf("mean %.1f, median %d, q90 %d", spent.mean(), spent.quantile(0.5), spent.quantile(0.9)),
		holds:     spent.mean() <= 25 && spent.quantile(0.9) <= 42,
		naive:     "1: the first request without an error",
	}
}

// keptBeside measures how often a healthy window matches a control like it.
func keptBeside(l *lab) row {
	const n = 250
	found := each(l, l.runs, func(_ int, random *rand.Rand) bool {
		alike := service{failing: 0.01}
		w, usual := alike.window(n, random), alike.window(n, random)
		ok, err := matchers.MatchControl(usual).Match(w)
		return ok && err == nil
	})
	s := count(found)
	return row{
		what: fmt.Sprintf("MatchControl, alike, 1 %% errors, %d pairs, one look: kept", n), claim: "at least 80 %",
		simulated: percent(s.rate()), holds: s.rate() >= 0.8,
		naive: "no test for a difference can show that there is none",
	}
}
