package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Holm returns the p-values adjusted by Holm's step-down method, in the order
// given (Holm 1979, "A simple sequentially rejective multiple test procedure").
// Rejecting those at or below alpha keeps the probability of any false
// rejection at alpha, whatever the dependence between the tests.
func Holm(p []float64) ([]float64, error) {
	order, err := ascending(p)
	if err != nil {
		return nil, err
	}
	adjusted := make([]float64, len(p))
	floor := 0.0
	for rank, i := range order {
		floor = math.Max(floor, math.Min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = floor
	}
	return adjusted, nil
}

// BenjaminiHochberg returns the p-values adjusted by the step-up method of
// Benjamini and Hochberg, in the order given (1995, "Controlling the false
// discovery rate"). Rejecting those at or below alpha keeps the expected share of
// false ones among the rejected at alpha, if the tests are independent or depend
// on each other positively. It rejects at least what Holm does, and promises less.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	order, err := ascending(p)
	if err != nil {
		return nil, err
	}
	adjusted := make([]float64, len(p))
	ceiling := 1.0
	for rank, i := range slices.Backward(order) {
		ceiling = math.Min(ceiling, p[i]*float64(len(p))/float64(rank+1))
		adjusted[i] = ceiling
	}
	return adjusted, nil
}

// ascending returns the places of the p-values, the smallest first.
func ascending(p []float64) ([]int, error) {
	order := make([]int, len(p))
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("adjust p-value %v: must be from 0 to 1", v)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order, nil
}
