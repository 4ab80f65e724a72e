package stats

import (
	"fmt"
	"math"
)

// StoppingTime is how many samples an e-process takes to show its claim, with a look
// after each.
type StoppingTime struct {
	// Expected is the mean number.
	Expected float64
	// Median is the smallest number that is enough with a probability of one half.
	Median int
	// Samples is the smallest number that is enough with the requested power.
	Samples int
}

// mostSteps bounds the samples that a plan follows one by one.
const mostSteps = 200_000

// StoppingTime returns how many samples b takes to show its claim at level alpha
// if they are independent and have the event at the given rate. The rate must lie on the
// claim's side of the limit. The result is exact to about 1e-9: it follows, from sample
// to sample, the distribution of the number of events while the claim is not shown.
func (b Bernoulli) StoppingTime(rate, alpha, power float64) (StoppingTime, error) {
	remaining, err := b.survival(rate, alpha, power)
	if err != nil {
		return StoppingTime{}, err
	}
	var stop StoppingTime
	for n, p := range remaining {
		stop.Expected += p
		if p > 0.5 {
			stop.Median = n + 1
		}
		if p > 1-power {
			stop.Samples = n + 1
		}
	}
	return stop, nil
}

// divergence is the relative entropy of an event with probability p to one with probability
// q. A test that has the power p at level q takes at least that of the two over that of the two
// rates (Wald 1947, "Sequential analysis"), so a plan can be refused before it is followed.
func divergence(p, q float64) float64 {
	d := 0.0
	if p > 0 {
		d += p * math.Log(p/q)
	}
	if p < 1 {
		d += (1 - p) * math.Log((1-p)/(1-q))
	}
	return d
}

// survival returns for every number of samples the probability that the claim is not
// shown by then. It ends when the probability is too small to matter to a mean.
func (b Bernoulli) survival(rate, alpha, power float64) ([]float64, error) {
	side := rate > b.Limit && rate <= 1
	if b.Side == BelowLimit {
		side = rate >= 0 && rate < b.Limit
	}
	switch {
	case b.Validate() != nil:
		return nil, b.Validate()
	case !side:
		return nil, fmt.Errorf("plan samples for rate %v: must be a rate on the claim's side of the limit %v", rate, b.Limit)
	case !(alpha > 0 && alpha < 1):
		return nil, fmt.Errorf("plan samples at level %v: must be between 0 and 1", alpha)
	case !(power > 0 && power < 1):
		return nil, fmt.Errorf("plan samples for power %v: must be between 0 and 1", power)
	}
	if least := divergence(power, alpha) / divergence(rate, b.Limit); power > alpha && least > mostSteps {
		return nil, fmt.Errorf("plan samples for rate %v against limit %v: no test needs fewer than %.3g: choose a rate further from the limit", rate, b.Limit, least)
	}
	// at[i] is the probability of least+i events and of no claim so far.
	at, least := []float64{1}, 0
	// edge is the nearest number of events that shows the claim. With one more
	// sample it moves by one or stays: an event helps and its absence does not, or
	// the other way round.
	edge := 0
	if b.Side == BelowLimit {
		edge = -1
	}
	remaining := []float64{1}
	for n := 1; n <= mostSteps; n++ {
		at = append(at, 0)
		for i := len(at) - 1; i > 0; i-- {
			at[i] = at[i]*(1-rate) + at[i-1]*rate
		}
		at[0] *= 1 - rate
		if b.Side == AboveLimit {
			for edge <= n && !b.Shows(edge, n, alpha) {
				edge++
			}
			at = at[:min(len(at), max(edge-least, 0))]
		} else {
			for b.Shows(edge+1, n, alpha) {
				edge++
			}
			gone := min(len(at), max(edge+1-least, 0))
			at, least = at[gone:], least+gone
		}
		// Negligible ends are cut, so that a step costs the square root of n.
		for len(at) > 0 && at[len(at)-1] < 1e-18 {
			at = at[:len(at)-1]
		}
		for len(at) > 0 && at[0] < 1e-18 {
			at, least = at[1:], least+1
		}
		sum := 0.0
		for _, p := range at {
			sum += p
		}
		remaining = append(remaining, sum)
		if sum < math.Min(1e-10, 1-power) {
			return remaining, nil
		}
	}
	return nil, fmt.Errorf("plan samples for rate %v against limit %v: more than %d are needed: choose a rate further from the limit", rate, b.Limit, mostSteps)
}
