package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDirichletAgreesWithReferenceValues(t *testing.T) {
	half := []float64{.5, .5}
	for _, c := range []struct {
		shares []float64
		events []int
		want   float64
	}{
		{half, []int{60, 40}, 0.658891818},
		{half, []int{120, 80}, 2.132640819},
		{[]float64{.8, .2}, []int{20, 5}, -0.112446605},
		{half, []int{0, 0}, 0},
		// One event tells nothing when the prior's mean is the null hypothesis.
		{[]float64{.7, .2, .1}, []int{0, 1, 0}, 0},
	} {
		if got := (Dirichlet{Shares: c.shares}).LogE(c.events); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v of %v: log e %.9f, want %.9f", c.events, c.shares, got, c.want)
		}
	}
	// The second event of the first arm has the share (k r + 1)/(k + 1) instead of r.
	if got, want := (Dirichlet{Shares: half, Concentration: 4}).LogE([]int{2, 0}), math.Log(3./5/.5); math.Abs(got-want) > 1e-12 {
		t.Errorf("concentration 4: log e %v, want %v", got, want)
	}
}

func TestDirichletForgivesRoundedShares(t *testing.T) {
	const n = 1_000_000_000
	rounded := Dirichlet{Shares: []float64{.3333333333, .3333333333, .3333333333}}
	exact := Dirichlet{Shares: []float64{1. / 3, 1. / 3, 1. / 3}}
	events := []int{n, n + 20_000, n - 30_000}
	if got, want := rounded.LogE(events), exact.LogE(events); math.Abs(got-want) > 1e-6 {
		t.Errorf("log e %v, want %v", got, want)
	}
}

func TestDirichletIsAMartingale(t *testing.T) {
	for _, test := range []Dirichlet{
		{Shares: []float64{.5, .5}}, {Shares: []float64{.6, .3, .1}, Concentration: 3}, {Shares: []float64{.97, .01, .01, .01}, Concentration: 1e4},
	} {
		for _, scale := range []int{0, 1, 30, 1_000_000} {
			events := make([]int, len(test.Shares))
			for i := range events {
				events[i] = scale * (i + 1)
			}
			now, mean := test.LogE(events), 0.0
			for i, share := range test.Shares {
				events[i]++
				mean += share * math.Exp(test.LogE(events)-now)
				events[i]--
			}
			if math.Abs(mean-1) > 1e-8 {
				t.Errorf("%+v after %v: grows by the factor %.12f on average", test, events, mean)
			}
		}
	}
}

func TestDirichletHoldsItsLevelAtEveryLook(t *testing.T) {
	const runs, looks, alpha = 500, 1500, .05
	random := rand.New(rand.NewPCG(14, 15))
	test := Dirichlet{Shares: []float64{.25, .25, .25, .25}}
	alarms := func(bias float64) int {
		n := 0
		for range runs {
			events := make([]int, 4)
			for range looks {
				arm := random.IntN(4)
				if random.Float64() < bias {
					arm = 2
				}
				events[arm]++
				if test.LogE(events) >= -math.Log(alpha) {
					n++
					break
				}
			}
		}
		return n
	}
	fair, biased := alarms(0), alarms(.1)
	t.Logf("%d false alarms, %d true ones in %d series each", fair, biased, runs)
	if binomialTail(fair, runs, alpha) < 1e-4 || fair == 0 {
		t.Errorf("%d false alarms in %d series at level %v", fair, runs, alpha)
	}
	if biased < runs*9/10 {
		t.Errorf("an arm with 0.325 of the events instead of 0.25 was found in %d of %d series", biased, runs)
	}
}

func TestDirichletRefusesWhatCannotBe(t *testing.T) {
	for name, test := range map[string]Dirichlet{
		"no arm":        {},
		"one arm":       {Shares: []float64{1}},
		"zero":          {Shares: []float64{1, 0}},
		"negative":      {Shares: []float64{1.5, -.5}},
		"NaN":           {Shares: []float64{math.NaN(), .5}},
		"sum":           {Shares: []float64{.5, .5001}},
		"concentration": {Shares: []float64{.5, .5}, Concentration: -1},
		"infinite":      {Shares: []float64{.5, .5}, Concentration: math.Inf(1)},
		"no number":     {Shares: []float64{.5, .5}, Concentration: math.NaN()},
	} {
		if test.Validate() == nil || !math.IsNaN(test.LogE(make([]int, len(test.Shares)))) {
			t.Errorf("%s: %v, log e %v", name, test.Validate(), test.LogE(make([]int, len(test.Shares))))
		}
	}
	for _, events := range [][]int{{1}, {1, 2, 3}, {1, -1}} {
		if e := (Dirichlet{Shares: []float64{.5, .5}}).LogE(events); !math.IsNaN(e) {
			t.Errorf("%v: log e %v, want NaN", events, e)
		}
	}
}
