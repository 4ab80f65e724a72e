package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

const (
	accepted   = 10
	candidates = 3
	metrics    = 10
)

// spreadOfRuns is how much runs of one build differ on hosted runners.
const spreadOfRuns = 0.0266

// baselines simulates how `chaosgate run --runs 3` compares with ten accepted runs, by
// the exact permutation test over all metrics.
func baselines(l *lab) []row {
	const alpha = 0.05
	size := exactSize(accepted, candidates, alpha)
	healthy := count(each(l, l.runs, func(_ int, random *rand.Rand) bool {
		return len(regressed(random, design{accepted, candidates, metrics, 0}, alpha)) > 0
	}))
	found := count(each(l, l.runs, func(_ int, random *rand.Rand) bool {
		worse := regressed(random, design{accepted, candidates, metrics, 4 * spreadOfRuns}, alpha)
		return len(worse) > 0 && worse[0] == 0
	}))
	gross := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool {
		return slices.Equal(regressed(random, design{20, 1, 80, 1. / 3}, alpha), []int{0})
	}))
	naive := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool { return fixedGate(random, 0.02) }))
	pooled := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool { return pooledRequests(random, alpha) }))
	return []row{
		{
			what: "10 accepted runs, 3 candidates, 10 metrics, no regression", claim: fmt.Sprintf("false alarms of any metric: %s, for alpha %s", percent(size), percent(alpha)),
			simulated: healthy.String(), holds: healthy.agreesWith(size),
			naive: percent(naive.rate()) + ": worse than the mean by 2 %; " + percent(pooled.rate()) + ": Mann-Whitney over the pooled requests of one metric",
		},
		{
			what: "one metric 4 standard deviations worse", claim: "found in at least 93 %",
			simulated: percent(found.rate()), holds: found.rate() >= 0.93, naive: "",
		},
		{
			what: "20 accepted runs, 1 candidate, 80 metrics, one of them a third worse", claim: "found in at least 90 %",
			simulated: percent(gross.rate()), holds: gross.rate() >= 0.9,
			naive: "never: 80 rank-sum tests at 5 % by Holm need p = 0.0006, and 20 and 1 runs reach 0.048",
		},
	}
}

// exactSize is the rate of false alarms of the permutation test. The test is exact: of all
// choices of runs, as many raise an alarm as alpha has room for. That is too close to alpha
// for a bound of the simulated rate to lie below it.
func exactSize(accepted, now int, alpha float64) float64 {
	choices := math.Round(1 / stats.SmallestP(accepted, now))
	return math.Floor(alpha*choices) / choices
}

// agreesWith reports whether the rate lies within four standard errors of an exact one.
func (s share) agreesWith(exact float64) bool {
	return math.Abs(s.rate()-exact) <= 4*math.Sqrt(exact*(1-exact)/float64(s.of))
}

// design is how many runs and metrics are compared. The first metric is worse by a share
// in the candidates.
type design struct {
	accepted, candidates, metrics int
	worse                         float64
}

// runMetrics simulates the metrics of one run.
func runMetrics(random *rand.Rand, metrics int, worse float64) []float64 {
	values := make([]float64, metrics)
	for m := range values {
		values[m] = 100 * (1 + spreadOfRuns*random.NormFloat64())
	}
	values[0] += 100 * worse
	return values
}

// regressed is the metrics that the comparison names, in their order.
func regressed(random *rand.Rand, d design, alpha float64) []int {
	was, is := make([][]float64, d.accepted), make([][]float64, d.candidates)
	for i := range was {
		was[i] = runMetrics(random, d.metrics, 0)
	}
	for i := range is {
		is[i] = runMetrics(random, d.metrics, d.worse)
	}
	floors := make([]float64, d.metrics)
	for m := range floors {
		floors[m] = 0.1
	}
	result, err := stats.CompareRuns(was, is, 0, floors)
	must(err)
	var named []int
	for m, v := range result.Metrics {
		if v <= alpha*(1+1e-9) {
			named = append(named, m)
		}
	}
	return named
}

// fixedGate calls a run worse when any metric is worse, by a share, than the mean of
// the accepted runs.
func fixedGate(random *rand.Rand, most float64) bool {
	mean := make([]float64, metrics)
	for range accepted {
		for m, v := range runMetrics(random, metrics, 0) {
			mean[m] += v / accepted
		}
	}
	for m, v := range runMetrics(random, metrics, 0) {
		if v > mean[m]*(1+most) {
			return true
		}
	}
	return false
}

// pooledRequests ignores which run a request belongs to.
func pooledRequests(random *rand.Rand, alpha float64) bool {
	const requests = 500
	pool := func(runs int) []float64 {
		var all []float64
		for range runs {
			level := 1 + spreadOfRuns*random.NormFloat64()
			for range requests {
				all = append(all, level*(1+0.1*random.NormFloat64()))
			}
		}
		return all
	}
	return mannWhitney(pool(candidates), pool(accepted)) <= alpha
}
