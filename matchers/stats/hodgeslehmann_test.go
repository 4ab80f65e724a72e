package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestHodgesLehmannEqualsTheTextbook(t *testing.T) {
	// Hollander & Wolfe, Nonparametric Statistical Methods, example 4.1: the
	// permeability of membranes, whose estimate is -0.305.
	term := []float64{.80, .83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, .73, 1.46}
	early := []float64{1.15, .88, .90, .74, 1.21}
	shift, err := HodgesLehmann(term, early, .05)
	if err != nil || math.Abs(shift.Estimate+.305) > 1e-9 {
		t.Errorf("%+v, %v: want the estimate -0.305", shift, err)
	}
	// Their 96 % interval.
	if math.Abs(shift.Low+.76) > 1e-9 || math.Abs(shift.High-.15) > 1e-9 || math.Abs(shift.Confidence-.96) > .002 {
		t.Errorf("%+v: want -0.76 to 0.15 at 96 %%", shift)
	}
}

// The interval is what the two-sided test does not reject: the test rejects a
// shift just outside of it, and does not reject one just inside.
func TestHodgesLehmannInvertsTheTest(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	for range 200 {
		baseline, candidate := make([]float64, 4+random.IntN(6)), make([]float64, 4+random.IntN(6))
		for _, values := range [][]float64{baseline, candidate} {
			for i := range values {
				values[i] = random.NormFloat64()
			}
		}
		alpha := []float64{.2, .1, .05}[random.IntN(3)]
		shift, err := HodgesLehmann(baseline, candidate, alpha)
		if err != nil || shift.Confidence < 1-alpha {
			t.Fatal(shift, err)
		}
		for _, c := range []struct {
			by       float64
			rejected bool
		}{{shift.Low - 1e-9, true}, {shift.Low + 1e-9, false}, {shift.High - 1e-9, false}, {shift.High + 1e-9, true}} {
			moved := make([]float64, len(baseline))
			for i, v := range baseline {
				moved[i] = v + c.by
			}
			higher, err := rankP(moved, candidate, 0)
			if err != nil {
				t.Fatal(err)
			}
			lower, err := rankP(candidate, moved, 0)
			if p := 2 * min(higher, lower); err != nil || (p <= alpha) != c.rejected {
				t.Fatalf("shift %v of %v to %v at %v: p %v, %v", c.by, shift.Low, shift.High, alpha, p, err)
			}
		}
	}
}

func TestHodgesLehmannCoversTheShift(t *testing.T) {
	const trials, alpha, by = 4000, .1, 3
	random := rand.New(rand.NewPCG(23, 24))
	for name, draw := range map[string]func() float64{
		"normal":    random.NormFloat64,
		"lognormal": func() float64 { return math.Exp(random.NormFloat64()) },
		"ties":      func() float64 { return float64(random.IntN(4)) },
		"two":       func() float64 { return float64(random.IntN(2)) },
	} {
		missed, confidence := 0, 0.0
		for range trials {
			baseline, candidate := make([]float64, 8), make([]float64, 5)
			for i := range baseline {
				baseline[i] = draw()
			}
			for i := range candidate {
				candidate[i] = draw() + by
			}
			shift, err := HodgesLehmann(baseline, candidate, alpha)
			if err != nil {
				t.Fatal(err)
			}
			confidence = shift.Confidence
			if shift.Low > by || shift.High < by {
				missed++
			}
		}
		t.Logf("%s: missed %d of %d at confidence %.4f", name, missed, trials, confidence)
		if binomialTail(missed, trials, 1-confidence) < 1e-4 {
			t.Errorf("%s: missed %d of %d, with a confidence of %v", name, missed, trials, confidence)
		}
		if continuous := name == "normal" || name == "lognormal"; continuous && binomialTail(missed+1, trials, 1-confidence) > 1-1e-4 {
			t.Errorf("%s: missed only %d of %d, with a confidence of %v: it is not exact", name, missed, trials, confidence)
		}
	}
}

func TestHodgesLehmannSaysWhatRunsCannotReach(t *testing.T) {
	shift, err := HodgesLehmann([]float64{1, 2, 3}, []float64{9}, .05)
	if err != nil || !math.IsInf(shift.Low, -1) || !math.IsInf(shift.High, 1) || shift.Estimate != 7 || shift.Confidence != 1 {
		t.Errorf("%+v, %v", shift, err)
	}
	if want := "3 baseline and 1 candidate runs bound the shift with a confidence of at most 0.5, not 0.95: add runs"; len(shift.Warnings) != 1 || shift.Warnings[0] != want {
		t.Errorf("warnings %q, want %q", shift.Warnings, want)
	}
}

func TestHodgesLehmannOfRunsWithoutAnswer(t *testing.T) {
	gone := math.Inf(1)
	for _, c := range []struct {
		baseline, candidate []float64
		estimate            float64
	}{
		{[]float64{1, 2, 3, 4, 5}, []float64{gone, gone, gone, gone, 6}, gone},
		{[]float64{gone, gone, gone, gone, gone}, []float64{gone, gone, gone, gone, gone}, 0},
		{[]float64{gone, gone, gone, gone, 1}, []float64{1, 2, 3, 4, 5}, -gone},
		{[]float64{gone, 1}, []float64{2}, -gone},
		{[]float64{1, 2, 3, 4, gone}, []float64{3, 4, 5, 6, gone}, 2},
	} {
		shift, err := HodgesLehmann(c.baseline, c.candidate, .1)
		if err != nil || shift.Estimate != c.estimate || math.IsNaN(shift.Low) || math.IsNaN(shift.High) || shift.Low > shift.High ||
			!strings.HasSuffix(shift.Warnings[len(shift.Warnings)-1], "have no finite value") {
			t.Errorf("%v to %v: %+v, %v: want the estimate %v", c.baseline, c.candidate, shift, err, c.estimate)
		}
	}
}

func TestHodgesLehmannRefusesWhatItCannotEstimate(t *testing.T) {
	one := []float64{1}
	for want, estimate := range map[string]func() (Shift, error){
		"both need at least one": func() (Shift, error) { return HodgesLehmann(nil, one, .05) },
		"not a number":           func() (Shift, error) { return HodgesLehmann(one, []float64{math.NaN()}, .05) },
		"a value is -Inf":        func() (Shift, error) { return HodgesLehmann(one, []float64{math.Inf(-1)}, .05) },
		"at level 0":             func() (Shift, error) { return HodgesLehmann(one, one, 0) },
		"at level NaN":           func() (Shift, error) { return HodgesLehmann(one, one, math.NaN()) },
		"too many":               func() (Shift, error) { return HodgesLehmann(make([]float64, 2000), make([]float64, 2000), .05) },
	} {
		if shift, err := estimate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, shift, err)
		}
	}
}
