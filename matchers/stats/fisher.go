package stats

import (
	"fmt"
	"math"
)

// Fisher returns the probability of as many errors among the first n1 of n1+n2
// requests, or more, if the errors1+errors2 that there are lay anywhere among them
// with equal chance: the one-sided exact test that the first ones fail more often
// (Fisher 1935, The Design of Experiments; the hypergeometric distribution). It is
// meant for one look. Errors below 0 or above the requests are an error.
func Fisher(errors1, n1, errors2, n2 int) (float64, error) {
	for _, c := range [][2]int{{errors1, n1}, {errors2, n2}} {
		if c[0] < 0 || c[1] < c[0] {
			return 0, fmt.Errorf("compare error counts: %d errors in %d requests: cannot be", c[0], c[1])
		}
	}
	k, n := float64(errors1)+float64(errors2), float64(n1)+float64(n2)
	if float64(errors1)*n > k*float64(n1) {
		return math.Min(1, hypergeometricTail(errors1, n1, errors2, n2)), nil
	}
	// From below the mean the other tail is the short one, of at least so many more
	// errors among the second.
	if errors1 == 0 {
		return 1, nil
	}
	return math.Max(0, 1-hypergeometricTail(errors2+1, n2, errors1-1, n1)), nil
}

// hypergeometricTail is the probability of errors1 or more errors among the first n1
// requests, given those of all: the terms fall from the first on.
func hypergeometricTail(errors1, n1, errors2, n2 int) float64 {
	if errors1 > n1 {
		return 0
	}
	sum, term := 0.0, 1.0
	for x, y := errors1, errors2; ; x, y = x+1, y-1 {
		sum += term
		if x == n1 || y == 0 || term < sum*1e-17 {
			break
		}
		term *= float64(n1-x) / float64(x+1) * float64(y) / float64(n2-y+1)
	}
	// The first term, as if every request failed with the rate of all (Loader 2000).
	k1, k2, m1, m2 := float64(errors1), float64(errors2), float64(n1), float64(n2)
	rate := (k1 + k2) / (m1 + m2)
	return sum * math.Exp(logBinomial(k1, m1, rate)+logBinomial(k2, m2, rate)-logBinomial(k1+k2, m1+m2, rate))
}

// logBinomial is the logarithm of the probability of k events in n samples.
func logBinomial(k, n, rate float64) float64 {
	switch {
	case k == 0:
		return n * math.Log1p(-rate)
	case k == n:
		return n * math.Log(rate)
	}
	missing := n*rate - k
	return stirlingError(n) - stirlingError(k) - stirlingError(n-k) -
		deviance(k, n*rate, missing) - deviance(n-k, n*(1-rate), -missing) + (math.Log(n/k/(n-k))-log2Pi)/2
}

// FisherOutliers tests for each member of a fleet whether it fails more often than
// all others together, by Fisher's exact test, and returns the p-values adjusted
// by Holm's method: naming those at or below alpha names any healthy member with a
// probability of at most alpha. It needs independent requests, and holds for one
// look at numbers that were fixed before; to look again and again use FleetErrors.
func FisherOutliers(errors, requests []int) ([]float64, error) {
	if err := checkCounts(errors, requests); err != nil {
		return nil, err
	}
	allErrors, allRequests := 0, 0
	for i := range errors {
		allErrors, allRequests = allErrors+errors[i], allRequests+requests[i]
	}
	p := make([]float64, len(errors))
	for i := range errors {
		var err error
		if p[i], err = Fisher(errors[i], requests[i], allErrors-errors[i], allRequests-requests[i]); err != nil {
			return nil, err
		}
	}
	return Holm(p)
}

// checkCounts reports numbers of errors and requests that cannot be a fleet's.
func checkCounts(errors, requests []int) error {
	switch {
	case len(errors) != len(requests):
		return fmt.Errorf("compare error counts: errors of %d members and requests of %d: give both for each", len(errors), len(requests))
	case len(errors) < 2:
		return fmt.Errorf("compare error counts of %d members: at least 2 are needed", len(errors))
	}
	for i, e := range errors {
		if e < 0 || requests[i] < e {
			return fmt.Errorf("compare error counts: member %d has %d errors in %d requests: cannot be", i, e, requests[i])
		}
	}
	return nil
}
