package stats

import (
	"math"
	"testing"
)

// logBeta is the logarithm of the complete beta function.
func logBeta(a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	return la + lb - lab
}

// The reference values are the continued fraction DLMF 8.17.22 in 40 digits.
func TestLogIncBetaAgreesWithReferenceValues(t *testing.T) {
	for _, c := range []struct{ a, b, x, want float64 }{
		{3, 4, .25, -1.7752942062125392},
		{200, 200, 0.001953125, -974.70846120546815},
		{.5, 1e7, 9.5367431640625e-07, -1.2578044762252505e-5},
		{3.5, 1e9, 3.725290298461914e-09, -0.48372650296080},
		{1e9, 3.5, 0.9999999962747097, -0.95836816204240},
		{999, 1e6, 0.0009765625, -1.3853367539907868},
		{1000, 1000, .5, -math.Ln2},
		{1000, 1000, 0.4921875, -1.4173249977916994},
		{1500, 40000, 0.03515625, -1.9658503703072014},
		{5000, 1e9, 3.814697265625e-06, -171.31585773582689},
		{5000, 1e9, 5.1e-06, -0.082594745022391698},
		{2e6, 3e6, .3998, -1.7111501865717233},
		{1e9, 3e9, .25, -0.6931423248009317},
		{1e9, 3e9, .24999, -2.630220504054797},
		{1e9, 3e9, .2500078125, -0.13572453531187051},
		{1e9, 3e9, .125, -230695151.80943571},
	} {
		// The numbers of x and 1-x are rounded, which counts for z sqrt(a+b) times as much.
		tolerance := 1e-12*math.Abs(c.want) + 1e-15*math.Sqrt(c.a+c.b)
		if got := logIncBeta(c.a, c.b, c.x, 1-c.x); math.Abs(got-c.want) > tolerance {
			t.Errorf("ln I_%v(%v, %v) = %.15g, want %.15g", c.x, c.a, c.b, got, c.want)
		}
	}
}

// Fraction and expansion are independent ways to compute one function.
func TestExpansionAgreesWithTheFraction(t *testing.T) {
	compared := 0
	for _, a := range []float64{largeBeta, 1500, 1e4, 1e5, 1e6, 1e8} {
		for _, b := range []float64{largeBeta, 3700, 1e4, 1e6, 1e9} {
			sd := math.Sqrt(a/(a+b)*b) / (a + b)
			for z := 0.05; z < 3.2; z += 0.35 {
				x, y := a/(a+b)-z*sd, b/(a+b)+z*sd
				gap := b*x - a*y
				surprise := deviance(a, (a+b)*x, gap) + deviance(b, (a+b)*y, -gap)
				if surprise > nearMean {
					continue
				}
				compared++
				fraction, expansion := betaFraction(a, b, x, y), betaExpansion(a, b, math.Sqrt(surprise))
				if math.Abs(expansion/fraction-1) > 1e-14 {
					t.Errorf("a %v, b %v, %v deviations below the mean: expansion %.17g, fraction %.17g", a, b, z, expansion, fraction)
				}
			}
		}
	}
	if compared < 200 {
		t.Errorf("compared only %d pairs", compared)
	}
}

// A jump where one method takes over from another would be seen as a kink.
func TestLogIncBetaHasNoStepWhereMethodsMeet(t *testing.T) {
	for _, c := range [][2]float64{{largeBeta - 1, 5e4}, {largeBeta, 5e4}, {largeBeta, largeBeta}, {2e5, 3e4}, {40, 60}} {
		a, b := c[0], c[1]
		sd := math.Sqrt(a/(a+b)*b) / (a + b)
		at := func(z float64) float64 { return logIncBeta(a, b, a/(a+b)+z*sd, b/(a+b)-z*sd) }
		const step = 0.01
		for z := -4.0; z < 4; z += step {
			// The third difference of a smooth function is of the order of step cubed.
			third := at(z+3*step) - 3*at(z+2*step) + 3*at(z+step) - at(z)
			if math.Abs(third) > 2e-6 {
				t.Fatalf("a %v, b %v: a step of %.3g near %.2f deviations", a, b, third, z)
			}
		}
	}
}

func TestDevianceKeepsItsDigits(t *testing.T) {
	for _, c := range []struct{ seen, missing float64 }{{100, 19.9}, {100, 20.1}, {100, -19.9}, {100, -20.1}, {1e6, 1}, {50, 50}} {
		// ln(1+u) by its series in halves: u - ln(1+u) = the integral of v/(1+v).
		const steps = 20_000
		u, sum := c.missing/c.seen, 0.0
		for i := range steps {
			v := u * (float64(i) + 0.5) / steps
			sum += v / (1 + v) * u / steps
		}
		want := c.seen * sum
		if got := deviance(c.seen, c.seen+c.missing, c.missing); math.Abs(got/want-1) > 1e-7 {
			t.Errorf("deviance of %v expected and %v missing is %.15g, want %.15g", c.seen+c.missing, c.missing, got, want)
		}
	}
	for _, a := range []float64{9.999999, 10, 25, 100} {
		lg, _ := math.Lgamma(a)
		if want := lg - (a-0.5)*math.Log(a) + a - log2Pi/2; math.Abs(stirlingError(a)-want) > 1e-12 {
			t.Errorf("stirlingError(%v) = %.17g, want %.17g", a, stirlingError(a), want)
		}
	}
}
