package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// RankSumResult is the outcome of an exact rank-sum test.
type RankSumResult struct {
	// P is the probability of ranks as extreme as the candidate's, or more so, if
	// candidate and baseline runs were interchangeable. Its last digits are not exact:
	// compare it with a level that it can just reach, such as 1/20, by P <= level*(1+1e-9).
	P float64
	// RankSum is the sum of the candidate's mid-ranks among all runs.
	RankSum float64
	// SmallestP is the least P that this many runs can give at all.
	SmallestP float64
	// Lower says that P is of the candidate's values being lower; otherwise it is
	// of their being higher.
	Lower bool
	// Warnings say in words what a reader must know beside the numbers.
	Warnings []string
}

// RankSum tests whether the candidate's values are larger than the baseline's
// by more than margin: it raises the baseline's values by the factor 1+margin
// and asks how often a random choice of runs has ranks as high. It is exact,
// ties included (mid-ranks; the distribution is that of all choices; Wilcoxon
// 1945, Individual comparisons by ranking methods). Each value is one whole
// run's. An infinite one has its rank like any other: it is a run without an
// answer. margin is a share, 0.05 for 5 %, and not negative; with a margin no
// value may be negative. No runs, a value that is not a number, and more runs
// than can be counted in about a second are errors.
func RankSum(baseline, candidate []float64, margin float64) (RankSumResult, error) {
	result, err := rankSum(baseline, candidate, margin)
	if err == nil {
		result.reach(len(baseline), len(candidate), SmallestP(len(baseline), len(candidate)))
	}
	return result, err
}

// RankSumLower tests whether the candidate's values are smaller than the
// baseline's by more than margin: whether they are smaller even when it is they
// that are raised by the factor 1+margin. All else is as with RankSum.
func RankSumLower(baseline, candidate []float64, margin float64) (RankSumResult, error) {
	result, err := rankSumLower(baseline, candidate, margin)
	if err == nil {
		result.reach(len(baseline), len(candidate), SmallestP(len(baseline), len(candidate)))
	}
	return result, err
}

// RankSumTwoSided tests whether the candidate's values differ from the
// baseline's in either direction. Without a margin P is twice the smaller of the
// probabilities of ranks as high and of ranks as low, and at most 1. With one the
// hypothesis is that they differ by some factor from 1/(1+margin) to 1+margin,
// and P is twice the smaller P of RankSum and RankSumLower: each of them holds
// its level there. RankSum is that of the direction which Lower names.
func RankSumTwoSided(baseline, candidate []float64, margin float64) (RankSumResult, error) {
	result, err := rankSum(baseline, candidate, margin)
	if err != nil {
		return RankSumResult{}, err
	}
	lower, err := rankSumLower(baseline, candidate, margin)
	if err != nil {
		return RankSumResult{}, err
	}
	if lower.P < result.P {
		result = lower
	}
	result.P = math.Min(1, 2*result.P)
	result.reach(len(baseline), len(candidate), SmallestPTwoSided(len(baseline), len(candidate)))
	return result, nil
}

// SmallestP returns the least p that an exact one-sided rank-sum test of the
// given numbers of runs can give: one over the number of ways to choose the
// candidate's among all. It is 1 when either number is below 1.
func SmallestP(baseline, candidate int) float64 {
	fewer, more := min(baseline, candidate), max(baseline, candidate)
	p := 1.0
	for i := 1; i <= fewer && p > 0; i++ {
		p *= float64(i) / (float64(more) + float64(i))
	}
	return p
}

// SmallestPTwoSided is SmallestP for the two-sided test: twice it, and at most 1.
func SmallestPTwoSided(baseline, candidate int) float64 {
	return math.Min(1, 2*SmallestP(baseline, candidate))
}

// rankSum is RankSum without what the numbers of runs can reach.
func rankSum(baseline, candidate []float64, margin float64) (RankSumResult, error) {
	values, err := pool(baseline, candidate, margin)
	if err != nil {
		return RankSumResult{}, err
	}
	ranks := doubledMidRanks(values)
	observed := 0
	for _, r := range ranks[len(baseline):] {
		observed += r
	}
	share, err := sumsOfChoices(ranks, len(candidate))
	if err != nil {
		return RankSumResult{}, err
	}
	result := RankSumResult{RankSum: float64(observed) / 2}
	for _, s := range share[observed:] {
		result.P += s
	}
	result.P = math.Min(result.P, 1)
	if slices.Min(values) == slices.Max(values) {
		result.Warnings = []string{"all values are equal: nothing can be told apart"}
	}
	return result, nil
}

// rankSumLower is rankSum with the sides exchanged: the candidate's ranks are low
// where the baseline's are high.
func rankSumLower(baseline, candidate []float64, margin float64) (RankSumResult, error) {
	result, err := rankSum(candidate, baseline, margin)
	n := float64(len(baseline) + len(candidate))
	result.RankSum, result.Lower = n*(n+1)/2-result.RankSum, true
	return result, err
}

// reach notes the least P there can be, and warns where it shows nothing.
func (r *RankSumResult) reach(baseline, candidate int, smallest float64) {
	r.SmallestP = smallest
	if smallest > 0.05 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"%d baseline and %d candidate runs cannot give p below %.2g, however large the difference: add runs",
			baseline, candidate, smallest))
	}
}

// pool returns the values of both sides after a check, the baseline's first and raised.
func pool(baseline, candidate []float64, margin float64) ([]float64, error) {
	switch {
	case len(baseline) == 0 || len(candidate) == 0:
		return nil, fmt.Errorf("compare %d baseline with %d candidate runs: both need at least one", len(baseline), len(candidate))
	case !usable(margin):
		return nil, fmt.Errorf("compare runs with margin %v: must be a share of at least 0, such as 0.05", margin)
	}
	values := slices.Concat(baseline, candidate)
	if slices.ContainsFunc(values, math.IsNaN) {
		return nil, errors.New("compare runs: a value is not a number: leave the run out, or the metric")
	}
	if least := slices.Min(values); margin > 0 && least < 0 {
		return nil, fmt.Errorf("compare runs: value %v: a margin needs values that are not negative", least)
	}
	for i := range baseline {
		values[i] *= raised(margin)
	}
	return values, nil
}

// raised is the factor of a margin. It is above it by what 1+margin may have lost in
// binary, so that a difference of just the margin, as of rounded values, is never more.
func raised(margin float64) float64 {
	if margin == 0 {
		return 1
	}
	return (1 + margin) * (1 + 1e-12)
}

// usable reports whether a margin is one, with a factor that is a number.
func usable(margin float64) bool { return margin >= 0 && !math.IsInf(raised(margin), 1) }

// lifted is what a floor makes of a value, with the same care.
func lifted(v, floor float64) float64 {
	if floor == 0 {
		return v
	}
	return (v + floor) * (1 + 1e-12)
}

// doubledMidRanks returns twice each value's mid-rank, which is an integer.
func doubledMidRanks(values []float64) []int {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	ranks := make([]int, len(values))
	for i, v := range values {
		first, _ := slices.BinarySearch(sorted, v)
		next, _ := slices.BinarySearchFunc(sorted, v, func(e, t float64) int {
			if e <= t {
				return -1
			}
			return 1
		})
		ranks[i] = first + next + 1
	}
	return ranks
}
