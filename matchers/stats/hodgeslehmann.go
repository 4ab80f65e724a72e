package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Shift is how far the candidate's values lie above the baseline's.
type Shift struct {
	// Estimate is the median of all differences, in the values' unit; negative
	// if the candidate's are lower.
	Estimate float64
	// Low and High are an interval that contains the true shift with probability
	// Confidence. Its ends are observed differences, so Confidence may be higher than
	// 1-alpha, but it is never lower.
	Low, High, Confidence float64
	// Warnings say what a reader must know beside the numbers.
	Warnings []string
}

// HodgesLehmann estimates the shift from the baseline's to the candidate's values:
// the median of all differences candidate - baseline. One extreme run hardly moves it (Hodges & Lehmann 1963, Estimates of location based on rank tests), with
// the interval of shifts that the two-sided rank-sum test does not reject at level
// alpha (Bauer 1972, Constructing confidence sets using rank statistics). It is
// exact if the candidate's distribution is a shifted copy of the baseline's and
// continuous, and conservative with ties. If there are too few runs for 1-alpha, the
// interval is all numbers, and a warning says what they reach. A run without an
// answer has the value +Inf. Two of them differ by 0 in the estimate, and by any
// amount in the interval.
func HodgesLehmann(baseline, candidate []float64, alpha float64) (Shift, error) {
	values := slices.Concat(baseline, candidate)
	switch {
	case len(baseline) == 0 || len(candidate) == 0:
		return Shift{}, fmt.Errorf("estimate a shift from %d baseline to %d candidate runs: both need at least one", len(baseline), len(candidate))
	case slices.ContainsFunc(values, math.IsNaN):
		return Shift{}, errors.New("estimate a shift: a value is not a number: leave the run out, or the metric")
	case slices.Min(values) == math.Inf(-1):
		return Shift{}, errors.New("estimate a shift: a value is -Inf: must be a number, or +Inf for a run without an answer")
	case !(alpha > 0 && alpha < 1):
		return Shift{}, fmt.Errorf("estimate a shift at level %v: must be between 0 and 1", alpha)
	}
	beyond, confidence, err := differencesBeyond(len(baseline), len(candidate), alpha)
	if err != nil {
		return Shift{}, err
	}
	d := differences(baseline, candidate, 0)
	// Halves first, so that no sum of a finite and an infinite one is lost.
	shift := Shift{Estimate: d[(len(d)-1)/2]/2 + d[len(d)/2]/2, Low: math.Inf(-1), High: math.Inf(1), Confidence: confidence}
	if beyond == 0 {
		shift.Warnings = append(shift.Warnings, fmt.Sprintf(
			"%d baseline and %d candidate runs bound the shift with a confidence of at most %.3g, not %.3g: add runs",
			len(baseline), len(candidate), 1-math.Min(1, 2*SmallestP(len(baseline), len(candidate))), 1-alpha))
	} else {
		low, high := differences(baseline, candidate, math.Inf(-1)), differences(baseline, candidate, math.Inf(1))
		shift.Low, shift.High = low[beyond-1], high[len(high)-beyond]
	}
	if n := withoutAnswer(values); n > 0 {
		shift.Warnings = append(shift.Warnings, fmt.Sprintf("%d of %d runs have no finite value", n, len(values)))
	}
	return shift, nil
}

// differencesBeyond returns how many of the ordered differences lie outside of the
// interval on either side, counting its end, and the confidence that remains. The
// number of differences below the true shift is distributed as the rank sum
// without ties.
func differencesBeyond(baseline, candidate int, alpha float64) (beyond int, confidence float64, err error) {
	ranks := make([]int, baseline+candidate)
	for i := range ranks {
		ranks[i] = i + 1
	}
	share, err := sumsOfChoices(ranks, candidate)
	if err != nil {
		return 0, 0, err
	}
	least, tail := candidate*(candidate+1)/2, 0.0
	for beyond < baseline*candidate/2 && 2*(tail+share[least+beyond]) <= alpha*(1+1e-12) {
		tail += share[least+beyond]
		beyond++
	}
	return beyond, 1 - 2*tail, nil
}

// differences returns candidate - baseline for all pairs in order. It takes both as the
// difference of two infinite values.
func differences(baseline, candidate []float64, both float64) []float64 {
	d := make([]float64, 0, len(baseline)*len(candidate))
	for _, b := range baseline {
		for _, c := range candidate {
			if math.IsInf(b, 1) && math.IsInf(c, 1) {
				d = append(d, both)
			} else {
				d = append(d, c-b)
			}
		}
	}
	slices.Sort(d)
	return d
}

func withoutAnswer(values []float64) (n int) {
	for _, v := range values {
		if math.IsInf(v, 0) {
			n++
		}
	}
	return n
}
