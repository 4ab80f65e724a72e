package stats

import "math"

// logIncBeta is the logarithm of the regularised incomplete beta function
// I_x(a, b). The caller passes y = 1-x too, so that neither loses digits. Logarithms
// represent tails far below the smallest float64, and a library's I_x(a, b) cannot. Its cost is bounded, however large a and b are.
func logIncBeta(a, b, x, y float64) float64 {
	ratio, power := logBetaRatio(a, b, x, y)
	return ratio + power
}

// logBetaRatio splits logIncBeta into the logarithm of x^a y^b / B(a, b), which
// is power, and the rest. For large a and b power is nearly all of it, so a
// caller that would cancel power should use ratio alone.
func logBetaRatio(a, b, x, y float64) (ratio, power float64) {
	// Fraction and expansion are for x below the mean. Above it, the complement
	// is at most about one half, so nothing cancels.
	above := x > (a+1)/(a+b+2)
	if above {
		a, b, x, y = b, a, y, x
	}
	gap := b*x - a*y
	surprise := deviance(a, (a+b)*x, gap) + deviance(b, (a+b)*y, -gap)
	power = (math.Log(a/(a+b)*b)-log2Pi)/2 - surprise + stirlingError(a+b) - stirlingError(a) - stirlingError(b)
	if math.Min(a, b) >= largeBeta && surprise <= nearMean {
		ratio = math.Log(betaExpansion(a, b, math.Copysign(math.Sqrt(surprise), -gap)))
	} else {
		ratio = math.Log(betaFraction(a, b, x, y))
	}
	if above {
		ratio = math.Log1p(-math.Exp(ratio+power)) - power
	}
	return ratio, power
}

// betaFraction is I_x(a, b) B(a, b) / (x^a y^b) by a continued fraction
// (DiDonato and Morris 1992, "Algorithm 708", the even part of DLMF 8.17.22).
// Far below the mean it takes some tens of steps, near it about the square root
// of the lesser of a and b.
func betaFraction(a, b, x, y float64) float64 {
	const (
		epsilon = 1e-15
		steps   = 100_000
	)
	c := 1 + a*y - b*x
	value := (1 + 1/a) / c
	// Numerator and denominator of the convergent before the last, both divided
	// by the last one's denominator.
	top, bottom := 0.0, value
	for i := 1; i <= steps; i++ {
		n := float64(i)
		twice := a + 2*n - 1
		w := n * (b - n) * x
		alpha := (a + n - 1) / twice * ((a + b + n - 1) / twice) * w * x
		beta := n + w/twice + (a+n)/(twice+2)*(c+n*(1+y))
		last := value
		denominator := alpha*bottom + beta
		value = (alpha*top + beta*last) / denominator
		top, bottom = last/denominator, 1/denominator
		if math.Abs(value-last) <= epsilon*value {
			break
		}
	}
	return value
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
