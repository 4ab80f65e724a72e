package stats

import (
	"fmt"
	"math"
)

// FailuresBound returns an upper bound of the failure rate after so many failures in n
// trials, such as recoveries that took too long: with a probability of at least
// 1-alpha the true rate is below it (Clopper & Pearson 1934, The use of confidence
// or fiducial limits illustrated in the case of the binomial, one side). A few
// trials show little: without a failure in 1, 3 or 10 the bound is 95, 63 or 26 % at
// alpha 5 %. It is meant for one look at independent trials, and exact to 1e-12. If all
// trials failed it is 1.
func FailuresBound(failures, n int, alpha float64) (float64, error) {
	switch {
	case n < 1 || failures < 0 || failures > n:
		return 0, fmt.Errorf("bound a failure rate by %d failures in %d trials: there must be a trial, and no more failures than trials", failures, n)
	case !(alpha > 0 && alpha < 1):
		return 0, fmt.Errorf("bound a failure rate at level %v: must be between 0 and 1", alpha)
	case failures == n:
		return 1, nil
	}
	// At the bound, the probability of so few failures is alpha.
	low, high := 0.0, 1.0
	for high-low > 1e-12 {
		rate := (low + high) / 2
		if logIncBeta(float64(n-failures), float64(failures+1), 1-rate, rate) > math.Log(alpha) {
			low = rate
		} else {
			high = rate
		}
	}
	return high, nil
}
