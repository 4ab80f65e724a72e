package stats

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// 1.15 and 1.2 are a little less in binary, and rounded values are just the margin apart.
func TestADifferenceOfTheMarginIsNotMore(t *testing.T) {
	for _, c := range []struct{ usual, now, margin float64 }{{100, 115, .15}, {3, 3.6, .2}, {.1, .115, .15}, {100, 110, .1}, {.02, .025, .25}} {
		fleet, err := NewFleet(3, c.margin, 0)
		if err != nil {
			t.Fatal(err)
		}
		latency := mustLatency(t, c.margin, 0)
		for range 100 {
			if err := errors.Join(fleet.Add([]float64{c.usual, c.usual, c.now}), fleet.Add([]float64{c.now, c.now, c.usual})); err != nil {
				t.Fatal(err)
			}
			addPair(t, &latency, c.now, c.usual)
		}
		if outliers := fleet.Outliers(.05); len(outliers) > 0 || latency.LogE() > 0 {
			t.Errorf("%+v: outliers %v, log e-value of latencies %v", c, outliers, latency.LogE())
		}
	}
	latency := mustLatency(t, 0, .1)
	for range 100 {
		addPair(t, &latency, .3, .2)
		addPair(t, &latency, .8, .7)
	}
	if latency.LogE() > 0 {
		t.Errorf("a floor: log e-value %v", latency.LogE())
	}
}

func TestSmallestPOfManyRunsIsFast(t *testing.T) {
	for _, c := range []struct{ baseline, candidate int }{{5, math.MaxInt}, {math.MaxInt, 5}, {math.MaxInt, math.MaxInt}} {
		if p := SmallestP(c.baseline, c.candidate); !(p < 1e-90) {
			t.Errorf("%+v: %v", c, p)
		}
	}
	for _, none := range []int{0, -3, math.MinInt} {
		if SmallestP(none, 5) != 1 || SmallestP(5, none) != 1 {
			t.Errorf("%d runs: %v, %v", none, SmallestP(none, 5), SmallestP(5, none))
		}
	}
}

func TestMarginsWithAnInfiniteFactor(t *testing.T) {
	const huge = math.MaxFloat64
	_, fleet := NewFleet(3, huge, 0)
	_, latency := NewLatency(huge, 0)
	for name, err := range map[string]error{"fleet": fleet, "latency": latency} {
		if err == nil || !strings.Contains(err.Error(), "margin 1.797") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
