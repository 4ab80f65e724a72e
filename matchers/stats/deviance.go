package stats

import "math"

const log2Pi = 1.8378770664093454835606594728112352797

// stirlingError is lnΓ(a) less Stirling's formula (DLMF 5.11.1). A sum of these
// keeps the digits that a sum of lnΓ of large numbers loses.
func stirlingError(a float64) float64 {
	if a < 10 {
		lg, _ := math.Lgamma(a)
		return lg - (a-0.5)*math.Log(a) + a - log2Pi/2
	}
	s := 1 / (a * a)
	return (1./12 - s*(1./360-s*(1./1260-s*(1./1680-s*(1./1188-s*(691./360360-s/156)))))) / a
}

// deviance is seen ln(seen/expected) + missing, where missing is expected - seen. The
// caller passes missing too, because it has all the digits when the two are close (after
// Loader 2000, "Fast and accurate computation of binomial probabilities").
func deviance(seen, expected, missing float64) float64 {
	u := missing / seen
	if math.Abs(u) > 0.2 {
		return seen*math.Log(seen/expected) + missing
	}
	// u - ln(1+u), by ln(1+u) = 2 artanh(r).
	r := u / (2 + u)
	s := r * r
	return seen * (u*r - 2*r*s*(1./3+s*(1./5+s*(1./7+s*(1./9+s*(1./11+s*(1./13+s*(1./15+s/17))))))))
}
