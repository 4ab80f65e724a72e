package stats

import (
	"fmt"
	"math"
)

// Conditional is an e-process on two streams of events, such as the errors of a
// canary and of its control. It uses only which stream each event belongs to. The
// null hypothesis is that the canary's rate of events per unit of traffic is at
// most 1+Margin times the control's. Then, whatever came before and however both
// drift together, an event is the canary's with probability at most
// Share (1+Margin) / (1 + Share Margin): exactly so for Poisson streams.
type Conditional struct {
	// Share is the canary's share of the traffic, between 0 and 1.
	Share float64
	// Margin is by what share of the control's rate the canary's may be higher,
	// 0.1 for 10 %. It is not negative.
	Margin float64
	// Burst is how many events count as one, because they come together. Below 1 it is 1.
	Burst float64
}

// Validate reports a share outside (0, 1) or an invalid margin.
func (c Conditional) Validate() error {
	switch {
	case !(c.Share > 0 && c.Share < 1):
		return fmt.Errorf("compare event counts with share %v: the canary's share of the traffic must be between 0 and 1, both excluded", c.Share)
	case !(c.Margin >= 0) || math.IsInf(c.Margin, 0):
		return fmt.Errorf("compare event counts with margin %v: must be a share of at least 0, such as 0.1", c.Margin)
	}
	return c.test().Validate()
}

// LogE returns the natural logarithm of the e-value that the canary's rate is
// higher than allowed, after the given numbers of events. It is 0 for no events, and
// NaN for negative numbers or a Conditional that does not validate.
func (c Conditional) LogE(canary, control int) float64 {
	if c.Validate() != nil || canary < 0 || control < 0 {
		return math.NaN()
	}
	return c.test().LogE(canary, canary+control)
}

// Shows reports whether the events show at level alpha, at any look, that the
// canary's rate is higher than allowed.
func (c Conditional) Shows(canary, control int, alpha float64) bool {
	return c.LogE(canary, control) >= -math.Log(alpha)
}

func (c Conditional) test() Bernoulli {
	return Above(c.Share * (1 + c.Margin) / (1 + c.Share*c.Margin)).InBursts(c.Burst)
}
