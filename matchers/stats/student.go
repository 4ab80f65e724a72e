package stats

import "math"

// StudentTail is the probability that a variable with Student's distribution is t or
// more (DLMF 8.17.19). It is NaN for less than one degree of freedom.
func StudentTail(t float64, freedom int) float64 {
	switch {
	case freedom < 1 || math.IsNaN(t):
		return math.NaN()
	case math.IsInf(t, 0):
		return (1 - math.Copysign(1, t)) / 2
	case t < 0:
		return 1 - StudentTail(-t, freedom)
	case t == 0:
		return 0.5
	}
	f := float64(freedom)
	return math.Exp(logIncBeta(f/2, 0.5, f/(f+t*t), t*t/(f+t*t))) / 2
}
