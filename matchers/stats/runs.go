package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// RunsResult is the outcome of a comparison of whole runs by several metrics at once.
type RunsResult struct {
	// P is the probability that candidates stand out as far, in any metric, if they are
	// no worse. Compare it with a level by P <= level*(1+1e-9).
	P float64
	// Metrics has for each metric the probability that any metric stands out as far as
	// this one. So the metrics at or below alpha can all be named: one that is no worse is
	// among them with a probability of at most alpha.
	Metrics []float64
	// SmallestP is the smallest P that these numbers of runs can give.
	SmallestP float64
}

// CompareRuns tests whether candidate runs are worse than baseline runs in any of several
// metrics, by more than margin. Each run is the values of its metrics, where lower is
// better and +Inf means no answer. The baseline's values are first multiplied by 1+margin.
//
// It is an exact permutation test over whole runs. If the candidates are no worse, any
// other choice of as many runs is equally likely to be the candidates. So for every choice
// the test ranks its runs in each metric, and takes the metric that stands out most. P is
// the share of choices that stand out as far as the candidates do. That holds alpha over
// all metrics (Westfall and Young 1993, Resampling-Based Multiple Testing), however they
// depend on each other, and one metric cannot hide another.
//
// If two choices rank equally high, the one whose values lie further from those of the
// other runs stands out more. The distance is in units of the other runs' spread, and
// floors are the least spread of each metric, above 0. So a gross regression of one metric
// reaches SmallestP even among hundreds.
//
// If there are more than mostChoices choices, the test takes a random sample of n, the same
// one each time. P is then (b+1)/(n+1), where b of them stand out as far; this holds alpha
// as well.
func CompareRuns(baseline, candidates [][]float64, margin float64, floors []float64) (RunsResult, error) {
	metrics, err := shape(baseline, candidates, margin, floors)
	if err != nil {
		return RunsResult{}, err
	}
	all := make([]metricOfRuns, metrics)
	known := map[string][]float64{}
	for m := range all {
		values := make([]float64, 0, len(baseline)+len(candidates))
		for _, run := range baseline {
			values = append(values, run[m]*raised(margin))
		}
		for _, run := range candidates {
			values = append(values, run[m])
		}
		if all[m], err = newMetricOfRuns(values, len(candidates), floors[m], known); err != nil {
			return RunsResult{}, err
		}
	}
	return comparePermuted(all, len(baseline), len(candidates)), nil
}

// standing is how far a choice of runs stands out in one metric.
type standing struct {
	p        float64 // of ranks as high
	distance float64 // of the values, to compare equally high ranks
}

// below reports whether a stands out less than b. It ignores rounding errors between
// probabilities that were counted in different ways.
func (a standing) below(b standing) bool {
	if math.Abs(a.p-b.p) <= 1e-9*b.p {
		return a.distance < b.distance
	}
	return a.p > b.p
}

// comparePermuted counts, for each metric, the choices that stand out as far.
func comparePermuted(all []metricOfRuns, baseline, candidates int) RunsResult {
	is := make([]int, candidates)
	for i := range is {
		is[i] = baseline + i
	}
	observed := make([]standing, len(all))
	for m := range all {
		observed[m] = standing{all[m].p(is), all[m].distance(is)}
	}
	order := make([]int, len(all)) // the metric that stands out most comes first
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case observed[b].below(observed[a]):
			return -1
		case observed[a].below(observed[b]):
			return 1
		}
		return 0
	})
	// as[i] counts the choices that stand out as far as the i-th metric of the order, and
	// no farther than one before.
	as, n := make([]int, len(all)), 0
	exhaustive := eachChoice(baseline+candidates, candidates, func(choice []int) {
		n++
		best := mostOutstanding(all, choice)
		first, _ := slices.BinarySearchFunc(order, best, func(m int, best standing) int {
			if best.below(observed[m]) {
				return -1
			}
			return 1
		})
		if first < len(as) {
			as[first]++
		}
	})
	result := RunsResult{Metrics: make([]float64, len(all)), SmallestP: ReachableP(baseline, candidates)}
	if !exhaustive {
		n, as[0] = n+1, as[0]+1
	}
	count := 0
	for i, m := range order {
		count += as[i]
		result.Metrics[m] = float64(count) / float64(n)
	}
	result.P = result.Metrics[order[0]]
	return result
}

// mostOutstanding is how far a choice stands out in its most outstanding metric.
func mostOutstanding(all []metricOfRuns, choice []int) standing {
	best := standing{2, math.Inf(-1)}
	for m := range all {
		p := all[m].p(choice)
		if p > best.p*(1+1e-9) {
			continue
		}
		if s := (standing{p, all[m].distance(choice)}); best.below(s) {
			best = s
		}
	}
	return best
}

// shape checks that every run has the same metrics, and values that can be ranked.
func shape(baseline, candidates [][]float64, margin float64, floors []float64) (metrics int, err error) {
	if len(baseline) == 0 || len(candidates) == 0 {
		return 0, fmt.Errorf("compare %d baseline with %d candidate runs: both need at least one", len(baseline), len(candidates))
	}
	if !usable(margin) {
		return 0, fmt.Errorf("compare runs with margin %v: must be a share of at least 0, such as 0.05", margin)
	}
	metrics = len(baseline[0])
	if len(floors) != metrics || slices.ContainsFunc(floors, func(f float64) bool { return !(f > 0) || math.IsInf(f, 1) }) {
		return 0, fmt.Errorf("compare runs of %d metrics with the floors %v: give one for each, above 0", metrics, floors)
	}
	for i, run := range slices.Concat(baseline, candidates) {
		if len(run) != metrics || metrics == 0 {
			return 0, fmt.Errorf("compare runs: run %d has %d metrics and the first has %d: all need the same ones, and at least one", i+1, len(run), metrics)
		}
		for _, v := range run {
			if math.IsNaN(v) || math.IsInf(v, -1) || v < 0 && margin > 0 {
				return 0, fmt.Errorf("compare runs: run %d has the value %v: must be a number, and not negative where there is a margin", i+1, v)
			}
		}
	}
	return metrics, nil
}

// metricOfRuns is one metric of all runs.
type metricOfRuns struct {
	values []float64
	order  []int     // the runs by their values
	ranks  []int     // twice the mid-ranks
	tail   []float64 // by the sum of a choice's ranks, the share of choices with as much
	floor  float64
	// What distance works with.
	chosen     []bool
	mine, rest []float64
}

// newMetricOfRuns ranks the values. known holds the distributions of rank sums that were
// already counted: most metrics have no ties and share one.
func newMetricOfRuns(values []float64, chosen int, floor float64, known map[string][]float64) (metricOfRuns, error) {
	m := metricOfRuns{values: values, ranks: doubledMidRanks(values), floor: floor, chosen: make([]bool, len(values))}
	for i := range values {
		m.order = append(m.order, i)
	}
	slices.SortStableFunc(m.order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	m.mine, m.rest = make([]float64, 0, chosen), make([]float64, 0, len(values)-chosen)
	key := fmt.Sprint(slices.Sorted(slices.Values(m.ranks)))
	if m.tail = known[key]; m.tail == nil {
		share, err := sumsOfChoices(m.ranks, chosen)
		if err != nil {
			return m, err
		}
		m.tail = make([]float64, len(share)+1)
		for sum := len(share) - 1; sum >= 0; sum-- {
			m.tail[sum] = m.tail[sum+1] + share[sum]
		}
		known[key] = m.tail
	}
	return m, nil
}

// p is the share of choices with ranks as high.
func (m *metricOfRuns) p(choice []int) float64 {
	sum := 0
	for _, i := range choice {
		sum += m.ranks[i]
	}
	return m.tail[sum]
}

// distance is how far the median of the choice lies above that of the other runs, in units
// of their spread.
func (m *metricOfRuns) distance(choice []int) float64 {
	for _, i := range choice {
		m.chosen[i] = true
	}
	rest, mine := m.rest[:0], m.mine[:0]
	for _, i := range m.order {
		if m.chosen[i] {
			mine = append(mine, m.values[i])
		} else {
			rest = append(rest, m.values[i])
		}
	}
	for _, i := range choice {
		m.chosen[i] = false
	}
	above := apart(middle(mine), middle(rest))
	if math.IsInf(above, 0) || above == 0 {
		return above
	}
	// Half of the runs lie within the quartiles.
	spread := apart(rest[len(rest)-1-(len(rest)-1)/4], rest[(len(rest)-1)/4]) / 2
	return above / math.Max(spread, m.floor)
}

// apart is a - b, and 0 for two infinities.
func apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return a - b
}
