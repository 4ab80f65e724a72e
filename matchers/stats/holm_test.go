package stats

import (
	"math"
	"testing"
)

func TestHolmStepsDown(t *testing.T) {
	for _, c := range []struct{ p, want []float64 }{
		{nil, nil},
		{[]float64{.03}, []float64{.03}},
		{[]float64{.01, .04, .03, .005}, []float64{.03, .06, .06, .02}},
		{[]float64{.9, .8, .7}, []float64{1, 1, 1}},
		{[]float64{.02, .02}, []float64{.04, .04}},
	} {
		got, err := Holm(c.p)
		if err != nil || len(got) != len(c.want) {
			t.Fatalf("Holm(%v) = %v, %v", c.p, got, err)
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("Holm(%v) = %v, want %v", c.p, got, c.want)
			}
		}
	}
	for _, p := range []float64{-.1, 1.1, math.NaN()} {
		if got, err := Holm([]float64{.5, p}); err == nil {
			t.Errorf("Holm with %v = %v, want an error", p, got)
		}
	}
}
