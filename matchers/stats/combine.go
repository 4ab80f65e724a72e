package stats

import (
	"math"
	"slices"
)

// MeanLogE returns the natural logarithm of the average of e-values, given their
// logarithms. The average is an e-value, however they depend on each other (Vovk and Wang
// 2021, "E-values: calibration, combination and applications"). It is NaN for none, or if
// one is NaN.
func MeanLogE(logE ...float64) float64 {
	if len(logE) == 0 {
		return math.NaN()
	}
	return logSum(logE) - math.Log(float64(len(logE)))
}

// logSum is the logarithm of the sum of numbers, given their logarithms. There must be
// at least one.
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
