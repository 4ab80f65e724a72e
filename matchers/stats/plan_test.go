package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestBinomialTailEqualsTheSum(t *testing.T) {
	for _, n := range []int{1, 5, 40} {
		for _, rate := range []float64{.001, .05, .5, .97} {
			tail := 0.0
			for s := n; s >= 0; s-- {
				ways := math.Exp(-logBeta(float64(s)+1, float64(n-s)+1)) / float64(n+1)
				tail += ways * math.Pow(rate, float64(s)) * math.Pow(1-rate, float64(n-s))
				if got := binomialTail(s, n, rate); math.Abs(got-tail) > 1e-12 {
					t.Errorf("P(at least %d of %d at %v) = %v, want %v", s, n, rate, got, tail)
				}
			}
		}
	}
}

func TestSamplesToDetectEqualsTheSearchOverAllNumbers(t *testing.T) {
	cases := []plan{
		{.01, .05, .05, .9},
		{.01, .05, .01, .9},
		{.05, .25, .05, .9},
		{.1, .5, .05, .9},
		{.3, .65, .05, .9},
		{.02, .05, .05, .9},
		// Steps of a sample or two, and a power that there is from the first on.
		{.5, .75, .01, .9},
		{.5, .75, .05, .9},
		{.5, .6737363512793806, .05, .9},
		{.1, .99, .05, .9},
		{.2, .995, .01, .8},
	}
	random := rand.New(rand.NewPCG(41, 42))
	for range 100 {
		limit := .02 + .6*random.Float64()
		cases = append(cases, plan{limit, limit + (1-limit)*(.2+.79*random.Float64()), []float64{.05, .01, .001}[random.IntN(3)], []float64{.5, .8, .9, .99}[random.IntN(4)]})
	}
	for _, c := range cases {
		got, err := SamplesToDetect(c.limit, c.rate, c.alpha, c.power)
		if err != nil {
			t.Fatal(err)
		}
		want, events := 1, 1 // after the last number of samples with too little power
		for n := 1; n < 2*got+200; n++ {
			for events <= n && !Above(c.limit).Shows(events, n, c.alpha) {
				events++
			}
			if binomialTail(events, n, c.rate) < c.power {
				want = n + 1
			}
		}
		if got != want {
			t.Errorf("%+v: %d samples, want %d", c, got, want)
		}
	}
}

func TestSamplesToShowIsTheFirstNumberThatShows(t *testing.T) {
	for _, c := range []struct {
		limit, alpha float64
		events, want int
	}{
		{.01, .05, 0, 417}, {.01, .01, 0, 608}, {.05, .05, 0, 82},
	} {
		got, err := Below(c.limit).SamplesToShow(c.events, c.events, c.alpha)
		if err != nil || got != c.want {
			t.Errorf("%+v: got %d, %v", c, got, err)
		}
	}
	test := Below(.05)
	n, err := test.SamplesToShow(4, 100, .05)
	if err != nil || !test.Shows(4, n, .05) || test.Shows(4, n-1, .05) {
		t.Errorf("4 events: %d is not the first number that shows (%v)", n, err)
	}
	if n, err := test.SamplesToShow(0, 500, .05); err != nil || n != 500 {
		t.Errorf("shown already: got %d, %v, want the 500 there are", n, err)
	}
}

func TestPlansRefuseImpossibleInput(t *testing.T) {
	for _, c := range [][4]float64{
		{0, .1, .05, .9},
		{1, 1, .05, .9},
		{math.NaN(), .1, .05, .9},
		{.1, .1, .05, .9},
		{.1, 1, .05, .9},
		{.1, math.NaN(), .05, .9},
		{.1, .5, 0, .9},
		{.1, .5, 1, .9},
		{.1, .5, .05, 0},
		{.1, .5, .05, 1},
		{.01, .010001, .05, .9},
	} {
		if n, err := SamplesToDetect(c[0], c[1], c[2], c[3]); err == nil {
			t.Errorf("SamplesToDetect%v = %d, want an error", c, n)
		}
	}
	for name, plan := range map[string]func() (int, error){
		"above":      func() (int, error) { return Above(.1).SamplesToShow(0, 1, .05) },
		"limit":      func() (int, error) { return Below(2).SamplesToShow(0, 1, .05) },
		"alpha":      func() (int, error) { return Below(.1).SamplesToShow(0, 1, 0) },
		"impossible": func() (int, error) { return Below(.1).SamplesToShow(2, 1, .05) },
		"too many":   func() (int, error) { return Below(1e-19).SamplesToShow(0, 1, .05) },
	} {
		if n, err := plan(); err == nil {
			t.Errorf("%s: got %d, want an error", name, n)
		}
	}
}
