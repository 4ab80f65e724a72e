package stats

import (
	"math"
	"slices"
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

func TestEBHRejectsTheLargest(t *testing.T) {
	logs := func(e ...float64) []float64 {
		for i := range e {
			e[i] = math.Log(e[i])
		}
		return e
	}
	for _, c := range []struct {
		logE []float64
		want []bool
	}{
		{nil, []bool{}},
		{logs(20.001), []bool{true}},
		{logs(19.999), []bool{false}},
		// Of four, one needs 80, two need 40 each, three 27 each, all 20 each.
		{logs(79, 1, 1, 1), []bool{false, false, false, false}},
		{logs(1, 81, 1, 1), []bool{false, true, false, false}},
		{logs(41, 1, 41, 1), []bool{true, false, true, false}},
		{logs(41, 1, 39, 1), []bool{false, false, false, false}},
		// The second alone would not do, but all together do.
		{logs(21, 22, 23, 21), []bool{true, true, true, true}},
		{logs(81, 30, 26, 1), []bool{true, false, false, false}},
		{[]float64{math.Inf(1), math.Inf(-1)}, []bool{true, false}},
	} {
		if got, err := EBH(c.logE, .05); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("EBH(%v) = %v, %v, want %v", c.logE, got, err, c.want)
		}
	}
}

func TestEBHRefusesWhatCannotBe(t *testing.T) {
	for _, alpha := range []float64{0, 1, -.1, math.NaN()} {
		if got, err := EBH([]float64{1}, alpha); err == nil {
			t.Errorf("alpha %v: %v, want an error", alpha, got)
		}
	}
	if got, err := EBH([]float64{1, math.NaN()}, .05); err == nil {
		t.Errorf("NaN: %v, want an error", got)
	}
}
