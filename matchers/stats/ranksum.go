package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// RankSumResult is the outcome of an exact one-sided rank-sum test.
type RankSumResult struct {
	// P is the probability of ranks as high as the candidate's, or higher, if
	// candidate and baseline runs were interchangeable.
	P float64
	// RankSum is the sum of the candidate's mid-ranks among all runs.
	RankSum float64
	// SmallestP is the least P that this many runs can give at all.
	SmallestP float64
	// Warnings say in words what a reader must know beside the numbers.
	Warnings []string
}

// RankSum tests whether the candidate's values are larger than the baseline's
// by more than margin: it raises the baseline's values by the factor 1+margin
// and asks how often a random choice of runs has ranks as high. It is exact,
// ties included (mid-ranks; the distribution is that of all choices). Each value
// is one whole run's. margin is a share, 0.05 for 5 %, and not negative.
func RankSum(baseline, candidate []float64, margin float64) (RankSumResult, error) {
	switch {
	case len(baseline) == 0 || len(candidate) == 0:
		return RankSumResult{}, fmt.Errorf("compare %d baseline with %d candidate runs: both need at least one", len(baseline), len(candidate))
	case !(margin >= 0) || math.IsInf(margin, 0):
		return RankSumResult{}, fmt.Errorf("compare runs with margin %v: must be a share of at least 0, such as 0.05", margin)
	}
	values := make([]float64, 0, len(baseline)+len(candidate))
	for _, v := range baseline {
		if margin > 0 && v < 0 {
			return RankSumResult{}, fmt.Errorf("compare runs: baseline value %v: a margin needs values that are not negative", v)
		}
		values = append(values, v*(1+margin))
	}
	values = append(values, candidate...)
	if slices.ContainsFunc(values, math.IsNaN) {
		return RankSumResult{}, errors.New("compare runs: a value is not a number: leave the run out, or the metric")
	}

	ranks := doubledMidRanks(values)
	observed := 0
	for _, r := range ranks[len(baseline):] {
		observed += r
	}
	p, err := shareOfChoices(ranks, len(candidate), observed)
	if err != nil {
		return RankSumResult{}, err
	}
	result := RankSumResult{P: p, RankSum: float64(observed) / 2, SmallestP: SmallestP(len(baseline), len(candidate))}
	if slices.Min(values) == slices.Max(values) {
		result.Warnings = append(result.Warnings, "all values are equal: nothing can be told apart")
	}
	if result.SmallestP > 0.05 {
		result.Warnings = append(result.Warnings, fmt.Sprintf(
			"%d baseline and %d candidate runs cannot give p below %.2g, however large the difference: add runs",
			len(baseline), len(candidate), result.SmallestP))
	}
	return result, nil
}

// SmallestP returns the least p that an exact one-sided rank-sum test of the
// given numbers of runs can give: one over the number of ways to choose the
// candidate's among all. It is 1 when either number is below 1.
func SmallestP(baseline, candidate int) float64 {
	p := 1.0
	for i := 1; i <= candidate; i++ {
		p *= float64(i) / float64(max(baseline, 0)+i)
	}
	return p
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

// mostWork bounds the exact count to about a second of one processor.
const mostWork = 500_000_000

// shareOfChoices returns the share of the choices of k among the ranks whose sum
// is at least the given one, by counting choices by size and sum. Counts are
// kept as probabilities, so that no number of runs overflows them.
func shareOfChoices(ranks []int, k, sum int) (float64, error) {
	total := 0
	for _, r := range ranks {
		total += r
	}
	if work := float64(len(ranks)) * float64(k) * float64(total); work > mostWork {
		return 0, fmt.Errorf("compare runs: %d runs of which %d are the candidate's are too many to count exactly: use fewer", len(ranks), k)
	}
	// chosen[c][s] is the probability that a random sweep over the ranks so far,
	// taking each with its chance in a uniform choice of k, has c taken of sum s.
	chosen := make([][]float64, k+1)
	for c := range chosen {
		chosen[c] = make([]float64, total+1)
	}
	chosen[0][0] = 1
	for i, r := range ranks {
		left := float64(len(ranks) - i)
		for c := min(i+1, k); c >= 0; c-- {
			stay := 1 - float64(k-c)/left
			for s := total; s >= 0; s-- {
				p := chosen[c][s] * stay
				if c > 0 && s >= r {
					p += chosen[c-1][s-r] * float64(k-c+1) / left
				}
				chosen[c][s] = p
			}
		}
	}
	p := 0.0
	for _, share := range chosen[k][min(sum, total+1):] {
		p += share
	}
	return math.Min(p, 1), nil
}
