package stats

import "math"

// Running feeds a Bernoulli look by look and remembers the strongest evidence of
// all looks. By Ville's inequality an e-value of 1/alpha at any look shows the
// claim at level alpha, so what one look has shown no later one takes back. A
// Running with its Test is ready to use, and a copy of it goes its own way.
type Running struct {
	Test      Bernoulli
	events, n int
	max       float64
}

// Add takes in n more samples of which events had the event, as one look. After
// counts that cannot be there is no evidence any more: all of it is NaN.
func (r *Running) Add(events, n int) {
	if events < 0 || n < events {
		r.max = math.NaN()
		return
	}
	r.events += events
	r.n += n
	// Every other sample speaks against the claim and cannot raise the maximum.
	if r.Test.Side == AboveLimit && events > 0 || r.Test.Side == BelowLimit && events < n {
		r.max = math.Max(r.max, r.LogE())
	}
}

// LogE returns the natural logarithm of the e-value of all samples so far.
func (r *Running) LogE() float64 {
	if math.IsNaN(r.max) {
		return r.max
	}
	return r.Test.LogE(r.events, r.n)
}

// MaxLogE returns the largest LogE of all looks; it is at least 0, the logarithm
// of the e-value of no samples.
func (r *Running) MaxLogE() float64 {
	if r.Test.Validate() != nil {
		return math.NaN()
	}
	return r.max
}

// P returns the anytime-valid p-value of all looks together, 1 over the largest
// e-value. It never rises.
func (r *Running) P() float64 {
	return math.Exp(-r.MaxLogE())
}
