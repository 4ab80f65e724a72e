package stats

import (
	"math"
	"slices"
)

// Median is the middle value, or the mean of the two middle ones. There must be a value.
func Median(values []float64) float64 {
	return middle(slices.Sorted(slices.Values(values)))
}

// middle is the median of sorted values.
func middle(sorted []float64) float64 {
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	if low == high || math.IsInf(low, -1) {
		return low
	}
	return low/2 + high/2 // their sum may overflow
}

// SortedQuantile is the smallest of the sorted values with at least the share q of them at or
// below it. There must be a value, and q is above 0 and at most 1.
func SortedQuantile(sorted []float64, q float64) float64 {
	// The tiny step down is for products such as 0.9 of ten, which in binary may come out
	// a little above nine.
	rank := int(math.Ceil(q*float64(len(sorted)) - 1e-9))
	return sorted[max(rank, 1)-1]
}
