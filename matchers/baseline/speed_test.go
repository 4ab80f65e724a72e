package baseline

import (
	"slices"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestTheSpeedOfAMachineIsSteady(t *testing.T) {
	var all []float64
	for range 9 {
		all = append(all, Speed())
	}
	slices.Sort(all)
	if middle := all[4]; !(middle > 10) || all[8] > 2*middle {
		t.Errorf("millions of steps in a second: %v", all)
	}
}

func TestSlower(t *testing.T) {
	at := func(speeds ...record.Float) (runs []Run) {
		for _, s := range speeds {
			runs = append(runs, Run{Speed: s})
		}
		return runs
	}
	for _, c := range []struct {
		was, is []Run
		want    float64
	}{{at(100, 110, 120, 0), at(55), 2}, {at(100), at(200), .5}, {at(0), at(55), 1}, {at(100), at(0), 1}, {nil, nil, 1}} {
		if got := slower(c.was, c.is); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
