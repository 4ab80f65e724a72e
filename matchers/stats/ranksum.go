package stats

import (
	"math"
	"slices"
)

// SmallestP returns the smallest p of an exact one-sided rank-sum test with these numbers
// of runs: one over the number of ways to choose the candidate's runs among all. It is 1 when either number is below 1.
func SmallestP(baseline, candidate int) float64 {
	fewer, more := min(baseline, candidate), max(baseline, candidate)
	p := 1.0
	for i := 1; i <= fewer && p > 0; i++ {
		p *= float64(i) / (float64(more) + float64(i))
	}
	return p
}

// raised is the factor of a margin. It is larger than 1+margin by a possible rounding
// error, so that rounded values that differ by just the margin never differ by more.
func raised(margin float64) float64 {
	if margin == 0 {
		return 1
	}
	return (1 + margin) * (1 + 1e-12)
}

// usable reports whether a margin is valid and its factor finite.
func usable(margin float64) bool { return margin >= 0 && !math.IsInf(raised(margin), 1) }

// lifted is a value plus a floor, with the same allowance.
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
