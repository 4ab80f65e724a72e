package stats

import (
	"fmt"
	"math"
)

// ControlErrorsShare is the part of alpha that errors have where a window is compared with
// its control, and latencies have the rest. Errors show much sooner.
const ControlErrorsShare = 0.3

// ErrorsToTell returns how many errors, of both sides together, c needs to show at
// level alpha that the canary's rate of errors is higher than allowed, if it is ratio
// times the control's and c looks after each error. ratio must be above 1+Margin.
func (c Conditional) ErrorsToTell(ratio, alpha, power float64) (StoppingTime, error) {
	share, err := c.canarysErrors(ratio)
	if err != nil {
		return StoppingTime{}, err
	}
	return c.test().StoppingTime(share, alpha, power)
}

// RequestsToTell returns how many requests, of both sides together, c needs to show
// at level alpha that the canary's rate of errors is higher than allowed, if the
// control's is rate, the canary's ratio times that, and c looks after each. With a
// share of one half it is twice the number of pairs. It is exact if requests are
// independent and each is the canary's with probability Share.
func (c Conditional) RequestsToTell(rate, ratio, alpha, power float64) (StoppingTime, error) {
	share, err := c.canarysErrors(ratio)
	if err != nil {
		return StoppingTime{}, err
	}
	if !(rate > 0 && rate*ratio <= 1) {
		return StoppingTime{}, fmt.Errorf("plan requests for an error rate %v and %v times that: both must be above 0 and at most 1", rate, ratio)
	}
	remaining, err := c.test().survival(share, alpha, power)
	if err != nil {
		return StoppingTime{}, err
	}
	// Every request of either side is an error with this probability.
	of := rate * (1 - c.Share + c.Share*ratio)
	// The request with the k-th error shows the claim that the k-th error shows.
	shown := func(n int) (p float64) {
		for k := 1; k < len(remaining); k++ {
			if first := remaining[k-1] - remaining[k]; first > 0 {
				p += first * binomialTail(k, n, of)
			}
		}
		return p
	}
	stop := StoppingTime{Median: least(func(n int) bool { return shown(n) >= 0.5 }), Samples: least(func(n int) bool { return shown(n) >= power })}
	if max(stop.Median, stop.Samples) > mostSamples {
		return StoppingTime{}, fmt.Errorf("plan requests for an error rate of %v: more than %d are needed: plan with a higher rate or a lower power", rate, mostSamples)
	}
	for _, p := range remaining {
		stop.Expected += p / of
	}
	return stop, nil
}

// canarysErrors is the probability that an error is the canary's.
func (c Conditional) canarysErrors(ratio float64) (float64, error) {
	if err := c.Validate(); err != nil {
		return 0, err
	}
	if !(ratio > 1+c.Margin) || math.IsInf(ratio, 0) {
		return 0, fmt.Errorf("plan errors for a ratio of %v: must be above the allowed %v and finite", ratio, 1+c.Margin)
	}
	return errorShare(c.Share, ratio), nil
}

// least is the smallest positive number that is enough, or a number above mostSamples. All
// larger ones must be enough too.
func least(enough func(int) bool) int {
	low, high := 0, 1
	for !enough(high) {
		if high > mostSamples {
			return high
		}
		low, high = high, 2*high
	}
	for low+1 < high {
		if n := low + (high-low)/2; enough(n) {
			high = n
		} else {
			low = n
		}
	}
	return high
}
