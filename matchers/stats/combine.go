package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// MeanLogE returns the natural logarithm of the average of e-values of which the
// logarithms are given. The average is an e-value, whatever the dependence between
// them (Vovk and Wang 2021, "E-values: calibration, combination and
// applications"). It is NaN for none, or if one is NaN.
func MeanLogE(logE ...float64) float64 {
	if len(logE) == 0 {
		return math.NaN()
	}
	return logSum(logE) - math.Log(float64(len(logE)))
}

// logSum is the logarithm of the sum of numbers, at least one, of which the
// logarithms are given.
func logSum(logs []float64) float64 {
	largest := slices.Max(logs)
	if math.IsInf(largest, 0) {
		return largest
	}
	sum := 0.0
	for _, l := range logs {
		sum += math.Exp(l - largest)
	}
	return largest + math.Log(sum)
}

// EBH tests several hypotheses by their e-values, of which the natural logarithms
// are given, and returns in their order which it rejects: the k with the largest e-values,
// for the largest k of which all are at least n/(alpha k). It keeps the expected
// share of false ones among the rejected at alpha, whatever the dependence between
// the tests (Wang and Ramdas 2022, "False discovery rate control with e-values").
func EBH(logE []float64, alpha float64) ([]bool, error) {
	if !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("reject by e-values at level %v: must be between 0 and 1", alpha)
	}
	order := make([]int, len(logE))
	for i, l := range logE {
		if math.IsNaN(l) {
			return nil, fmt.Errorf("reject by e-values: number %d is not a number: leave it out", i)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(logE[b], logE[a]) })
	rejected := make([]bool, len(logE))
	for k := len(order); k > 0; k-- {
		if logE[order[k-1]] >= math.Log(float64(len(order))/(alpha*float64(k))) {
			for _, i := range order[:k] {
				rejected[i] = true
			}
			break
		}
	}
	return rejected, nil
}
