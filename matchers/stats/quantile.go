package stats

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// QuantileInterval is a quantile with its confidence sequence.
type QuantileInterval struct {
	// Estimate is the smallest value with at least the share q of the values at
	// or below it.
	Estimate float64
	// Low and High contain the quantile. They are -Inf and +Inf where too few
	// values lie on the side.
	Low, High float64
	// Warnings say in words what a reader must know beside the numbers.
	Warnings []string
}

// Quantile returns the q-quantile, 0.99 for the 99th percentile, of values in
// ascending order, with an interval that contains the true one at every look with
// probability at least 1-alpha, whatever the distribution, ties included, if
// every value has it whatever came before. A value may be +Inf, such as the
// latency of a failed request.
//
// Each end inverts a Bernoulli e-process at alpha/2 (after Howard and Ramdas 2022,
// "Sequential estimation of quantiles with applications to A/B testing and
// best-arm identification"): a value that too few of the values are at or below
// lies below the quantile, one that too few are at or above lies above it.
func Quantile(sorted []float64, q, alpha float64) (QuantileInterval, error) {
	n := len(sorted)
	switch {
	case n == 0:
		return QuantileInterval{}, fmt.Errorf("estimate quantile %v: no values: collect some first", q)
	case !(q > 0 && q < 1):
		return QuantileInterval{}, fmt.Errorf("estimate quantile %v: must be between 0 and 1, both excluded", q)
	case 1-q == 1:
		return QuantileInterval{}, fmt.Errorf("estimate quantile %v: cannot be told from 0: choose one further from it", q)
	case !(alpha > 0 && alpha < 1):
		return QuantileInterval{}, fmt.Errorf("estimate quantile at level %v: must be between 0 and 1", alpha)
	case math.IsNaN(sorted[0]): // where the order puts all that are
		return QuantileInterval{}, fmt.Errorf("estimate quantile %v: a value is not a number: leave it out, or count it as +Inf", q)
	case !slices.IsSorted(sorted):
		return QuantileInterval{}, fmt.Errorf("estimate quantile %v: the values are not in ascending order: sort them first", q)
	}
	// The tiny step down is for products such as 0.9 of ten, which in binary may
	// come out a little above nine.
	rank := int(math.Ceil(q*float64(n) - 1e-9))
	interval := QuantileInterval{Estimate: sorted[max(rank, 1)-1], Low: math.Inf(-1), High: math.Inf(1)}
	if few := mostShown(q, n, alpha/2); few >= 0 {
		interval.Low = sorted[few]
	} else {
		interval.warn(q, alpha, n, q, "below")
	}
	if few := mostShown(1-q, n, alpha/2); few >= 0 {
		interval.High = sorted[n-1-few]
	} else {
		interval.warn(q, alpha, n, 1-q, "above")
	}
	return interval, nil
}

// mostShown is the largest number of events in n samples that shows a rate below
// limit, -1 if not even none does.
func mostShown(limit float64, n int, alpha float64) int {
	return sort.Search(n+1, func(events int) bool { return !tailTest(limit).Shows(events, n, alpha) }) - 1
}

// tailTest has a prior with mean limit, since the shares that decide about an end
// are near it. It is worth one over its variance in samples, which tells early
// and costs little late.
func tailTest(limit float64) Bernoulli {
	return Bernoulli{Side: BelowLimit, Limit: limit, A: 1 / (1 - limit), B: 1 / limit}
}

func (i *QuantileInterval) warn(q, alpha float64, n int, limit float64, side string) {
	if enough, err := tailTest(limit).SamplesToShow(0, n, alpha/2); err == nil {
		i.Warnings = append(i.Warnings, fmt.Sprintf(
			"%d values do not bound the %v quantile from %s at alpha %v: at least %d are needed", n, q, side, alpha, enough))
	}
}
