package stats

import (
	"math"
	"testing"
)

func TestFailuresBoundEqualsItsClosedFormWithoutFailures(t *testing.T) {
	for _, alpha := range []float64{.05, .01, 1e-12} {
		for _, n := range []int{1, 2, 3, 10, 1000} {
			want := -math.Expm1(math.Log(alpha) / float64(n))
			if got, err := FailuresBound(0, n, alpha); err != nil || math.Abs(got-want) > 2e-12 {
				t.Errorf("no failure in %d at %v: %v, %v, want %v", n, alpha, got, err, want)
			}
		}
	}
	for _, c := range []struct {
		n    int
		want float64
	}{{1, .95}, {3, .63}, {10, .26}} {
		if got, err := FailuresBound(0, c.n, .05); err != nil || math.Abs(got-c.want) > .005 {
			t.Errorf("no failure in %d: %v, %v, want %v", c.n, got, err, c.want)
		}
	}
}

func TestFailuresBoundHasTailProbabilityAlpha(t *testing.T) {
	for n := 1; n <= 30; n++ {
		for failures := range n {
			got, err := FailuresBound(failures, n, .05)
			if err != nil {
				t.Fatal(err)
			}
			if p := 1 - binomialTail(failures+1, n, got); math.Abs(p-.05) > 1e-9 {
				t.Errorf("%d of %d: at the bound %v so few have the probability %v", failures, n, got, p)
			}
		}
	}
	if got, err := FailuresBound(4, 4, .05); err != nil || got != 1 {
		t.Errorf("all failed: %v, %v", got, err)
	}
}

func TestFailuresBoundRefusesImpossibleInput(t *testing.T) {
	for _, c := range []struct {
		failures, n int
		alpha       float64
	}{{0, 0, .05}, {-1, 3, .05}, {4, 3, .05}, {0, 3, 0}, {0, 3, 1}, {0, 3, math.NaN()}} {
		if got, err := FailuresBound(c.failures, c.n, c.alpha); err == nil {
			t.Errorf("%+v: %v, want an error", c, got)
		}
	}
}
