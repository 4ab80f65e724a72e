package stats

import (
	"fmt"
	"math"
)

// Side is the claim about a rate: an e-process gathers evidence for it.
type Side int

// The sides: the rate is above the limit, or below it.
const (
	AboveLimit Side = iota
	BelowLimit
)

// Bernoulli is a one-sided mixture e-process on the rate of events in a series
// of samples, where each sample has the event or not. The null hypothesis is
// that, whatever came before, every sample has it with probability at most Limit
// (AboveLimit) or at least Limit (BelowLimit). Samples need not be independent.
// The mixture is a Beta(A, B) prior, restricted to the rates of the claim.
type Bernoulli struct {
	Side  Side
	Limit float64
	A, B  float64
	// Burst is how many samples count as one, because their events come together
	// ([Events.Burst]). Below 1 it is 1.
	Burst float64
}

// InBursts is the same test for samples whose events come in bursts of a size.
func (b Bernoulli) InBursts(size float64) Bernoulli {
	b.Burst = size
	return b
}

// Above gathers evidence that a rate is above limit. Its prior, Beta(3, 3/(5 limit)), is
// fastest for rates around five times the limit. From a limit of 0.2 on there is no such
// rate, and the prior is Beta(1, 1).
func Above(limit float64) Bernoulli {
	if limit < 0.2 {
		return Bernoulli{Side: AboveLimit, Limit: limit, A: 3, B: 3 / (5 * limit)}
	}
	return Bernoulli{Side: AboveLimit, Limit: limit, A: 1, B: 1}
}

// Below gathers evidence that a rate is below limit, with a prior that is
// fastest for rates close to zero.
func Below(limit float64) Bernoulli {
	b := Bernoulli{Side: BelowLimit, Limit: limit, A: 1, B: 1}
	if limit < 0.2 {
		b.B = 1 / limit
	}
	return b
}

// Validate reports a limit outside (0, 1) or an invalid prior.
func (b Bernoulli) Validate() error {
	switch {
	case !(b.Limit > 0 && b.Limit < 1):
		return fmt.Errorf("test rate against limit %v: the limit must be between 0 and 1, both excluded", b.Limit)
	case !(b.A > 0 && b.B > 0) || math.IsInf(b.A, 0) || math.IsInf(b.B, 0):
		return fmt.Errorf("test rate with prior Beta(%v, %v): both parameters must be positive and finite", b.A, b.B)
	case b.Side != AboveLimit && b.Side != BelowLimit:
		return fmt.Errorf("test rate on side %d: use AboveLimit or BelowLimit", b.Side)
	case math.IsNaN(b.Burst) || math.IsInf(b.Burst, 0):
		return fmt.Errorf("test rate with bursts of %v: must be finite", b.Burst)
	}
	return nil
}

// LogE returns the natural logarithm of the e-value after n samples, when events of
// them had the event. It is 0 for no samples, and NaN for impossible counts or a
// Bernoulli that does not validate. Its cost does not grow with n.
//
// It is ln of the mixture's likelihood over the likelihood at the limit:
// lnB(S+a, n-S+b) - lnB(a, b) + ln T(S+a, n-S+b) - ln T(a, b) - S ln p - (n-S) ln(1-p),
// where T is the probability that a Beta variable lies on the claim's side of p.
func (b Bernoulli) LogE(events, n int) float64 {
	if b.Validate() != nil || events < 0 || n < events {
		return math.NaN()
	}
	one := math.Max(b.Burst, 1)
	return b.logMixture(float64(events)/one+b.A, float64(n-events)/one+b.B) - b.logMixture(b.A, b.B)
}

// P returns the anytime-valid p-value of this look: the smallest level at which
// it shows the claim. It is 1 over the e-value and at most 1, and NaN where LogE is.
func (b Bernoulli) P(events, n int) float64 {
	return math.Exp(math.Min(0, -b.LogE(events, n)))
}

// Shows reports whether the samples show the claim at level alpha: whether the
// e-value is at least 1/alpha.
func (b Bernoulli) Shows(events, n int, alpha float64) bool {
	return b.LogE(events, n) >= -math.Log(alpha)
}

// Bound returns the confidence bound that belongs to the claim. With AboveLimit it is
// the largest limit that the samples show to be exceeded, and with BelowLimit the
// smallest that they show to be kept. It inverts the e-process with the same prior. With
// probability at least 1-alpha the bounds of all looks are right. It is 0 or 1 if the
// samples show nothing, exact to 1e-10, and NaN if LogE is or alpha is outside (0, 1).
func (b Bernoulli) Bound(events, n int, alpha float64) float64 {
	if !(alpha > 0 && alpha < 1) || math.IsNaN(b.LogE(events, n)) {
		return math.NaN()
	}
	shown, open := 0.0, 1.0
	if b.Side == BelowLimit {
		shown, open = 1, 0
	}
	for math.Abs(open-shown) > 1e-10 {
		at := b
		at.Limit = (shown + open) / 2
		if at.Shows(events, n, alpha) {
			shown = at.Limit
		} else {
			open = at.Limit
		}
	}
	return shown
}

// logMixture is ln(B(alpha, beta) T / (p^alpha (1-p)^beta)), where T is the
// probability that a Beta(alpha, beta) variable lies on the claim's side of the
// limit p. No large numbers cancel in it, whatever alpha and beta are.
func (b Bernoulli) logMixture(alpha, beta float64) float64 {
	p, q := b.Limit, 1-b.Limit
	if b.Side == AboveLimit {
		alpha, beta, p, q = beta, alpha, q, p
	}
	ratio, _ := logBetaRatio(alpha, beta, p, q)
	return ratio
}
