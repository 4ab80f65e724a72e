package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// wandering is a machine of a job: it is faster or slower than others by spread, wanders by
// step from run to run, and becomes slower or faster all the time, by up to trend over a job.
type wandering struct{ spread, step, trend float64 }

// sharedRunner is a hosted runner with noisy neighbours.
func sharedRunner() wandering { return wandering{spread: 0.2, step: 0.03, trend: 0.2} }

const mostPairs = 12

// paired simulates a paired comparison as `chaosgate run --against-ref` makes it: runs in
// turns, A B B A, until it is decided.
func (b builds) paired(random *rand.Rand, on wandering, policy baseline.Policy, with worse) (baseline.Comparison, [][2]baseline.Run) {
	policy.MostPairs = mostPairs
	level, slope := on.spread*random.NormFloat64(), on.trend*(2*random.Float64()-1)/(2*mostPairs)
	var pairs [][2]baseline.Run
	run := func(n int, with worse) baseline.Run {
		level += slope + on.step*random.NormFloat64()
		now := b
		now.level = level
		return now.run(random, n, with)
	}
	for n := range mostPairs {
		var pair [2]baseline.Run
		if n%2 == 0 {
			pair[0] = run(2*n, worse{})
			pair[1] = run(2*n+1, with)
		} else {
			pair[1] = run(2*n, with)
			pair[0] = run(2*n+1, worse{})
		}
		pairs = append(pairs, pair)
		if !slices.Contains(stats.PairLooks(mostPairs, policy.Alpha), len(pairs)) {
			continue
		}
		found, err := baseline.ComparePairs(pairs, policy)
		must(err)
		if found.Outcome != record.Undecided {
			return found, pairs
		}
	}
	return baseline.Comparison{Outcome: record.Undecided}, pairs
}

// pairs simulates paired comparisons at their defaults.
func pairs(l *lab) []row {
	var rows []row
	strict := gatePolicy()
	strict.Limits = baseline.Limits{}
	for _, c := range []struct {
		windows int
		limits  string
		policy  baseline.Policy
	}{{1, "the default limits", gatePolicy()}, {1, "no limit", strict}, {10, "no limit", strict}} {
		rows = append(rows, healthyPairs(l, c.windows, c.limits, c.policy))
	}
	for _, windows := range []int{1, 10} {
		for _, c := range []struct {
			what string
			with worse
		}{{"1.2 times slower", worse{slower: 1.2}}, {"fails in 5 %, the reference in 0.1 %", worse{failing: 0.05}}} {
			b := usualBuilds()
			b.windows = windows
			used := 0
			found := each(l, l.some(windows)/5, func(_ int, random *rand.Rand) int {
				found, all := b.paired(random, sharedRunner(), gatePolicy(), c.with)
				if found.Outcome != record.Violated {
					return 0
				}
				return len(all)
			})
			red := make([]bool, len(found))
			for i, n := range found {
				red[i] = n > 0
				used += n
			}
			s := count(red)
			rows = append(rows, row{
				what: fmt.Sprintf("%s, %d windows, a shared runner", c.what, windows), claim: fmt.Sprintf("found in at least 95 %% in at most %d pairs", mostPairs),
				simulated: fmt.Sprintf("%s, after %.1f pairs", percent(s.rate()), float64(used)/math.Max(float64(s.times), 1)), holds: s.rate() >= 0.95,
			})
		}
	}
	return rows
}

func healthyPairs(l *lab, windows int, limits string, policy baseline.Policy) row {
	b := usualBuilds()
	b.windows = windows
	type answer struct{ red, undecided, fixed bool }
	answers := each(l, l.some(windows), func(_ int, random *rand.Rand) answer {
		found, all := b.paired(random, sharedRunner(), policy, worse{})
		return answer{found.Outcome == record.Violated, found.Outcome == record.Undecided, fixedPairs(all, 0.02)}
	})
	red, undecided, fixed := make([]bool, len(answers)), make([]bool, len(answers)), make([]bool, len(answers))
	for i, a := range answers {
		red[i], undecided[i], fixed[i] = a.red, a.undecided, a.fixed
	}
	alarms, open := count(red), count(undecided)
	return row{
		what:  fmt.Sprintf("a build as the reference, %d windows, a shared runner, %s", windows, limits),
		claim: "red in at most 1 %, never inconclusive", simulated: fmt.Sprintf("%s, %s", alarms, percent(open.rate())),
		holds: alarms.rate() <= 0.01 && binomialTail(alarms.times, alarms.of, 0.01) > 0.01 && open.times == 0,
		naive: percent(count(fixed).rate()) + ": p50 or p99 worse than the mean by 2 %",
	}
}

// fixedPairs compares means with a fixed limit.
func fixedPairs(pairs [][2]baseline.Run, most float64) bool {
	sum := [2]float64{}
	tail := [2]float64{}
	for _, p := range pairs {
		for side, run := range p {
			sum[side] += float64(run.Windows[0].P50)
			tail[side] += float64(run.Windows[0].P99)
		}
	}
	return sum[1] > sum[0]*(1+most) || tail[1] > tail[0]*(1+most)
}
