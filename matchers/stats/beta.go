package stats

import "math"

// logBeta is the logarithm of the complete beta function.
func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}

// logIncBeta is the logarithm of the regularised incomplete beta function
// I_x(a, b), with y = 1-x given apart so that neither loses digits. Working in
// logarithms keeps tails far below the smallest float64, which is why this is
// not a library's I_x(a, b).
func logIncBeta(a, b, x, y float64) float64 {
	if x > (a+1)/(a+b+2) {
		// The fraction converges fast only on the other side of the mean; there
		// the complement is at most about one half, so nothing cancels.
		return math.Log1p(-math.Exp(logIncBeta(b, a, y, x)))
	}
	return a*math.Log(x) + b*math.Log(y) - logBeta(a, b) - math.Log(a) + math.Log(betaFraction(a, b, x))
}

// betaFraction evaluates the continued fraction of the incomplete beta function
// (DLMF 8.17.22) by Lentz's method; it takes about sqrt(max(a, b)) steps.
func betaFraction(a, b, x float64) float64 {
	const (
		tiny    = 1e-300
		epsilon = 1e-15
		steps   = 1_000_000
	)
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / guard(1-(a+b)*x/(a+1))
	h := d
	for i := 1; i <= steps; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / guard(1+even*d)
		c = guard(1 + even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / guard(1+odd*d)
		c = guard(1 + odd/c)
		h *= d * c
		if math.Abs(d*c-1) < epsilon {
			break
		}
	}
	return h
}

// binomialTail is the probability that at least s of n samples have an event of
// the given rate.
func binomialTail(s, n int, rate float64) float64 {
	switch {
	case s <= 0:
		return 1
	case s > n:
		return 0
	}
	return math.Exp(logIncBeta(float64(s), float64(n-s+1), rate, 1-rate))
}
