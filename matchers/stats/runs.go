package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// RunsResult is the outcome of a comparison of whole runs by several metrics at
// once.
type RunsResult struct {
	RankSumResult
	// Excess is, for each metric, how far the candidate's median lies above the
	// median of all runs, in their median absolute deviations; in mean ones where
	// half of the runs agree, and infinite where half of the candidates are.
	Excess []float64
	// Order is the metrics by their excess, the largest first.
	Order []int
}

// CompareRuns tests whether candidate runs are worse than baseline runs in any of
// several metrics, by more than margin. Each run is its metrics' values, lower
// being better. A run's score is its largest deviation: over its metrics, the
// distance from the median of all runs in median absolute deviations of all
// runs. Scores are computed alike for every run, so if the candidates are no
// different, in each metric and in how metrics go together, the runs are
// exchangeable and so are their scores, whatever the metrics' distributions and
// however they depend on each other: the exact rank-sum test of the scores
// (RankSum) has one P for all metrics, and no correction is due. Without a margin
// candidates in which metrics are no worse, but no longer go together, can be
// called worse for that. This is the maximum statistic of Westfall and Young
// (Resampling-Based Multiple Testing, 1993) in an exact permutation test. The
// baseline's values are raised by the factor 1+margin before; with a margin they
// must not be negative. Values may be +Inf, for a metric of a run that has none.
func CompareRuns(baseline, candidates [][]float64, margin float64) (RunsResult, error) {
	metrics, err := shape(baseline, candidates, margin)
	if err != nil {
		return RunsResult{}, err
	}
	scores := make([]float64, len(baseline)+len(candidates))
	for i := range scores {
		scores[i] = math.Inf(-1)
	}
	result := RunsResult{Excess: make([]float64, metrics), Order: make([]int, metrics)}
	for m := range metrics {
		values := make([]float64, 0, len(scores))
		for _, run := range baseline {
			values = append(values, run[m]*raised(margin))
		}
		for _, run := range candidates {
			values = append(values, run[m])
		}
		deviations := standardise(values)
		for i, d := range deviations {
			scores[i] = math.Max(scores[i], d)
		}
		result.Excess[m], result.Order[m] = median(deviations[len(baseline):]), m
	}
	slices.SortStableFunc(result.Order, func(a, b int) int { return cmp.Compare(result.Excess[b], result.Excess[a]) })
	result.RankSumResult, err = RankSum(scores[:len(baseline)], scores[len(baseline):], 0)
	return result, err
}

// shape checks that every run has the same metrics, and values that can be ranked.
func shape(baseline, candidates [][]float64, margin float64) (metrics int, err error) {
	if len(baseline) == 0 || len(candidates) == 0 {
		return 0, fmt.Errorf("compare %d baseline with %d candidate runs: both need at least one", len(baseline), len(candidates))
	}
	if !usable(margin) {
		return 0, fmt.Errorf("compare runs with margin %v: must be a share of at least 0, such as 0.05", margin)
	}
	metrics = len(baseline[0])
	for i, run := range slices.Concat(baseline, candidates) {
		if len(run) != metrics || metrics == 0 {
			return 0, fmt.Errorf("compare runs: run %d has %d metrics and the first has %d: all need the same ones, and one at least", i+1, len(run), metrics)
		}
		for _, v := range run {
			if math.IsNaN(v) || math.IsInf(v, -1) || v < 0 && margin > 0 {
				return 0, fmt.Errorf("compare runs: run %d has the value %v: must be a number, and not negative where there is a margin", i+1, v)
			}
		}
	}
	return metrics, nil
}

// standardise turns values into their distances from the median in units of the
// median absolute deviation. Where half of the values agree that is zero, and the
// mean absolute deviation serves instead.
func standardise(values []float64) []float64 {
	centre := median(values)
	distances := make([]float64, len(values))
	sum, finite := 0.0, 0.0
	for i, v := range values {
		distances[i] = math.Abs(distance(v, centre))
		if !math.IsInf(distances[i], 0) {
			sum, finite = sum+distances[i], finite+1
		}
	}
	scale := median(distances)
	if scale == 0 && finite > 0 {
		scale = sum / finite
	}
	deviations := make([]float64, len(values))
	for i, v := range values {
		d := distance(v, centre)
		switch {
		case math.IsInf(d, 0) || d == 0:
			deviations[i] = d
		case math.IsInf(scale, 0):
			deviations[i] = 0
		default:
			deviations[i] = d / scale
		}
	}
	return deviations
}

// distance is v - centre, where two infinities are no distance apart.
func distance(v, centre float64) float64 {
	if v == centre {
		return 0
	}
	return v - centre
}

// median is the middle value, or the mean of the two middle ones.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	if low == high || math.IsInf(low, -1) {
		return low
	}
	return low/2 + high/2
}
