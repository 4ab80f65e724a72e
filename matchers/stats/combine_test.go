package stats

import (
	"math"
	"testing"
)

func TestMeanLogEIsTheAverageOfEValues(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		logE []float64
		want float64
	}{
		{[]float64{0}, 0},
		{[]float64{math.Log(2), math.Log(4)}, math.Log(3)},
		{[]float64{-inf, math.Log(4)}, math.Log(2)},
		{[]float64{5000, -5000}, 5000 - math.Ln2},
		{[]float64{-5000, -5000, -5000}, -5000},
		{[]float64{-inf, -inf}, -inf},
		{[]float64{1, inf}, inf},
	} {
		if got := MeanLogE(c.logE...); got != c.want && !(math.Abs(got-c.want) < 1e-12) {
			t.Errorf("MeanLogE(%v) = %v, want %v", c.logE, got, c.want)
		}
	}
	for _, got := range []float64{MeanLogE(), MeanLogE(math.NaN()), MeanLogE(1, math.NaN()), MeanLogE(inf, math.NaN())} {
		if !math.IsNaN(got) {
			t.Errorf("average of none, or of no number: %v, want NaN", got)
		}
	}
}
