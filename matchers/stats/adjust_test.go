package stats

import (
	"math"
	"testing"
)

func TestAdjustedPValues(t *testing.T) {
	methods := map[string]func([]float64) ([]float64, error){"Holm": Holm, "Benjamini-Hochberg": BenjaminiHochberg}
	for _, c := range []struct {
		method  string
		p, want []float64
	}{
		{"Holm", nil, nil},
		{"Holm", []float64{.03}, []float64{.03}},
		{"Holm", []float64{.01, .04, .03, .005}, []float64{.03, .06, .06, .02}},
		{"Holm", []float64{.9, .8, .7}, []float64{1, 1, 1}},
		{"Holm", []float64{.02, .02}, []float64{.04, .04}},
		{"Benjamini-Hochberg", nil, nil},
		{"Benjamini-Hochberg", []float64{.03}, []float64{.03}},
		{"Benjamini-Hochberg", []float64{.01, .04, .03, .005}, []float64{.02, .04, .04, .02}},
		{"Benjamini-Hochberg", []float64{.9, .8, .7}, []float64{.9, .9, .9}},
		{"Benjamini-Hochberg", []float64{.001, .5, .04}, []float64{.003, .5, .06}},
		{"Benjamini-Hochberg", []float64{0, 1}, []float64{0, 1}},
	} {
		got, err := methods[c.method](c.p)
		if err != nil || len(got) != len(c.want) {
			t.Fatalf("%s of %v = %v, %v", c.method, c.p, got, err)
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%s of %v = %v, want %v", c.method, c.p, got, c.want)
			}
		}
	}
	for name, method := range methods {
		for _, p := range []float64{-.1, 1.1, math.NaN()} {
			if got, err := method([]float64{.5, p}); err == nil {
				t.Errorf("%s with %v = %v, want an error", name, p, got)
			}
		}
	}
}

// The fifteen p-values and the four rejections are the example of Benjamini and Hochberg's paper.
func TestBenjaminiHochbergRejectsWhatItsPaperDoes(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	stepUp, err := BenjaminiHochberg(p)
	if err != nil {
		t.Fatal(err)
	}
	stepDown, err := Holm(p)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p {
		if rejected := stepUp[i] <= .05; rejected != (i < 4) {
			t.Errorf("p %v is adjusted to %v", p[i], stepUp[i])
		}
		if rejected := stepDown[i] <= .05; rejected != (i < 3) {
			t.Errorf("by Holm, p %v is adjusted to %v", p[i], stepDown[i])
		}
	}
}
