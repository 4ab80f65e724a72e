package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Holm returns the p-values adjusted by Holm's step-down method, in the order
// given. Rejecting those at or below alpha keeps the probability of any false
// rejection at alpha, whatever the dependence between the tests.
func Holm(p []float64) ([]float64, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("adjust p-value %v: must be from 0 to 1", v)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	floor := 0.0
	for rank, i := range order {
		floor = math.Max(floor, math.Min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = floor
	}
	return adjusted, nil
}
