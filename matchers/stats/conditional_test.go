package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestConditionalUsesOnlyTheSideOfEachError(t *testing.T) {
	// Shares of .5: three of three events give 15/4, whatever the traffic.
	if got := (Conditional{Share: .5}).LogE(3, 0); math.Abs(got-math.Log(3.75)) > 1e-12 {
		t.Errorf("log e %v, want %v", got, math.Log(3.75))
	}
	if got, want := (Conditional{Share: .2}).LogE(5, 0), math.Log(651); math.Abs(got-want) > 1e-9 {
		t.Errorf("log e %v, want %v", got, want)
	}
	if got := (Conditional{Share: 1.0 / 3}).LogE(4, 2); math.Abs(got-0.910560057) > 1e-9 {
		t.Errorf("log e %v, want 0.910560057", got)
	}
	// With a margin of 1 the canary may have two errors for one of the control's.
	if got, want := (Conditional{Share: .5, Margin: 1}).LogE(9, 3), Above(2.0/3).LogE(9, 12); math.Abs(got-want) > 1e-12 {
		t.Errorf("with a margin: log e %v, want %v", got, want)
	}
	if (Conditional{Share: .5, Margin: 1}).Shows(20, 10, .05) || !(Conditional{Share: .5, Margin: 1}).Shows(60, 10, .05) {
		t.Error("20 against 10 is what the margin allows, 60 against 10 is not")
	}
}

// errorsToAlarm adds errors; the canary's come ratio times as fast as the control's.
func errorsToAlarm(runs int, ratio float64) (mean float64, q90 int) {
	random := rand.New(rand.NewPCG(11, uint64(ratio)))
	test := Conditional{Share: .5}
	all := make([]int, runs)
	for i := range all {
		canary := 0
		for n := 1; ; n++ {
			if random.Float64() < ratio/(1+ratio) {
				canary++
			}
			if test.Shows(canary, n-canary, .01) {
				all[i] = n
				break
			}
		}
		mean += float64(all[i]) / float64(runs)
	}
	slices.Sort(all)
	return mean, all[runs*9/10]
}

func TestConditionalFindsABadCanarySoon(t *testing.T) {
	for _, c := range []struct {
		ratio, mean float64
		q90         int
	}{{3, 45, 80}, {5, 24, 42}, {10, 15, 25}} {
		mean, q90 := errorsToAlarm(4000, c.ratio)
		t.Logf("ratio %v: %.1f errors to alarm, 90 %% within %d", c.ratio, mean, q90)
		if mean > c.mean || q90 > c.q90 {
			t.Errorf("ratio %v: %.1f errors to alarm, 90 %% within %d, want at most %v and %d", c.ratio, mean, q90, c.mean, c.q90)
		}
	}
}

// Poisson streams with a drift that both share, looked at after every interval.
func TestConditionalIgnoresACommonDrift(t *testing.T) {
	const runs, looks, alpha, share, margin = 500, 1000, .05, .25, .2
	random := rand.New(rand.NewPCG(12, 13))
	test := Conditional{Share: share, Margin: margin}
	alarms := 0
	for range runs {
		canary, control := 0, 0
		for look := range looks {
			rate := .2 * (1 + math.Sin(float64(look)/40))
			canary += poisson(random, rate*share*(1+margin))
			control += poisson(random, rate*(1-share))
			if test.Shows(canary, control, alpha) {
				alarms++
				break
			}
		}
	}
	t.Logf("%d false alarms in %d series", alarms, runs)
	if binomialTail(alarms, runs, alpha) < 1e-4 || alarms == 0 {
		t.Errorf("%d false alarms in %d series at level %v", alarms, runs, alpha)
	}
}

func poisson(random *rand.Rand, mean float64) int {
	n := 0
	for left := math.Exp(-mean); ; n++ {
		if left /= random.Float64(); left >= 1 {
			return n
		}
	}
}

func TestConditionalRefusesImpossibleInput(t *testing.T) {
	for _, c := range []Conditional{
		{},
		{Share: 1},
		{Share: -.5},
		{Share: math.NaN()},
		{Share: .5, Margin: -.1},
		{Share: .5, Margin: math.Inf(1)},
		{Share: .5, Margin: math.NaN()},
		{Share: .5, Margin: 1e300},
	} {
		if c.Validate() == nil || !math.IsNaN(c.LogE(1, 1)) || c.Shows(1000, 0, .05) {
			t.Errorf("%+v: %v, log e %v", c, c.Validate(), c.LogE(1, 1))
		}
	}
	for _, counts := range [][2]int{{-1, 2}, {2, -1}} {
		if e := (Conditional{Share: .5}).LogE(counts[0], counts[1]); !math.IsNaN(e) {
			t.Errorf("%v: log e %v, want NaN", counts, e)
		}
	}
}
