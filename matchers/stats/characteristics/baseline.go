package main

import (
	"math/rand/v2"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

const (
	accepted   = 10
	candidates = 3
	metrics    = 10
)

// spreadOfRuns is how much whole runs of one build differ on hosted runners.
const spreadOfRuns = 0.0266

// baselines simulates what `chaosgate run --runs 3` compares with ten accepted
// runs: the exact rank-sum test of every metric, and Holm's correction.
func baselines(l *lab) []row {
	const alpha = 0.05
	healthy := count(each(l, l.runs, func(_ int, random *rand.Rand) bool { return len(regressed(random, 0, alpha)) > 0 }))
	found := count(each(l, l.runs, func(_ int, random *rand.Rand) bool {
		worse := regressed(random, 4*spreadOfRuns, alpha)
		return len(worse) > 0 && worse[0] == 0
	}))
	naive := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool { return fixedGate(random, 0.02) }))
	pooled := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool { return pooledRequests(random, alpha) }))
	return []row{
		{
			what: "10 accepted runs, 3 candidates, 10 metrics, no regression", claim: "false alarms at most 5 % over all metrics",
			simulated: healthy.String(), holds: healthy.upper <= alpha,
			naive: percent(naive.rate()) + ": worse than the mean by 2 %; " + percent(pooled.rate()) + ": Mann-Whitney over the pooled requests of one metric",
		},
		{
			what: "one metric 4 standard deviations worse", claim: "found in at least 93 %",
			simulated: percent(found.rate()), holds: found.rate() >= 0.93, naive: "",
		},
	}
}

// runMetrics is the metrics of one run.
func runMetrics(random *rand.Rand, worse float64) []float64 {
	values := make([]float64, metrics)
	for m := range values {
		values[m] = 100 * (1 + spreadOfRuns*random.NormFloat64())
	}
	values[0] += 100 * worse
	return values
}

// regressed is the metrics that the comparison names, in their order.
func regressed(random *rand.Rand, worse, alpha float64) []int {
	was, is := make([][]float64, accepted), make([][]float64, candidates)
	for i := range was {
		was[i] = runMetrics(random, 0)
	}
	for i := range is {
		is[i] = runMetrics(random, worse)
	}
	p := make([]float64, metrics)
	for m := range metrics {
		result, err := stats.RankSum(column(was, m), column(is, m), 0)
		must(err)
		p[m] = result.P
	}
	adjusted, err := stats.Holm(p)
	must(err)
	var named []int
	for m, v := range adjusted {
		if v <= alpha {
			named = append(named, m)
		}
	}
	return named
}

func column(runs [][]float64, m int) []float64 {
	values := make([]float64, len(runs))
	for i, run := range runs {
		values[i] = run[m]
	}
	return values
}

// fixedGate calls a run worse when any metric is, by a share, than the mean of
// the accepted ones.
func fixedGate(random *rand.Rand, most float64) bool {
	mean := make([]float64, metrics)
	for range accepted {
		for m, v := range runMetrics(random, 0) {
			mean[m] += v / accepted
		}
	}
	for m, v := range runMetrics(random, 0) {
		if v > mean[m]*(1+most) {
			return true
		}
	}
	return false
}

// pooledRequests forgets which run a request belongs to.
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
