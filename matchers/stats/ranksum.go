package stats

import (
	"math"
	"slices"
)

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
