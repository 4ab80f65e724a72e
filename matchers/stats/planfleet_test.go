package stats

import (
	"math"
	"testing"
)

func TestWindowsToFlagIsTheFirstNumberThatNames(t *testing.T) {
	for _, c := range []struct{ members, want int }{{3, 9}, {5, 9}, {10, 11}, {100, 14}} {
		n, err := WindowsToFlag(c.members, .05)
		if err != nil || n != c.want {
			t.Errorf("%d members: %d windows, %v, want %d", c.members, n, err, c.want)
		}
		f, err := NewFleet(c.members, .25, 0)
		if err != nil {
			t.Fatal(err)
		}
		for len(f.Outliers(.05)) == 0 {
			window := make([]float64, c.members)
			for i := range window {
				window[i] = 1
			}
			window[0] = 2
			if err := f.Add(window); err != nil {
				t.Fatal(err)
			}
		}
		if f.Windows() != n {
			t.Errorf("%d members: named after %d windows, planned %d", c.members, f.Windows(), n)
		}
		at, err := WindowsToFlagAt(c.members, 1, .05, .9)
		if err != nil || at.Samples != n || math.Abs(at.Expected-float64(n)) > 1e-6 {
			t.Errorf("%d members, always beyond the margin: %+v, %v", c.members, at, err)
		}
	}
	often, err := WindowsToFlagAt(10, .9, .05, .9)
	if err != nil {
		t.Fatal(err)
	}
	less, err := WindowsToFlagAt(10, .7, .05, .9)
	if err != nil || less.Samples < 4*often.Samples {
		t.Errorf("beyond the margin in 90 %%: %+v, in 70 %%: %+v, %v", often, less, err)
	}
}

func TestWindowsToClearIsTheFirstNumberThatClears(t *testing.T) {
	f, err := NewFleet(3, .25, 0)
	if err != nil {
		t.Fatal(err)
	}
	for !f.Cleared(0, Faster, .05) {
		if err := f.Add([]float64{1, 1, 1}); err != nil {
			t.Fatal(err)
		}
	}
	n, err := WindowsToClear(.05)
	if err != nil || n != f.Windows() || n != 6 {
		t.Errorf("planned %d windows, %v, cleared after %d", n, err, f.Windows())
	}
	at, err := WindowsToClearAt(.05, .05, .9)
	if err != nil || at.Median != n || at.Samples <= n {
		t.Errorf("beyond the margin in 5 %% of windows: %+v, %v", at, err)
	}
}

func TestWindowPlansRefuseWhatCannotBe(t *testing.T) {
	if n, err := WindowsToFlag(2, .05); err == nil {
		t.Errorf("2 members: %d", n)
	}
	if n, err := WindowsToFlag(3, math.NaN()); err == nil {
		t.Errorf("level NaN: %d", n)
	}
	if n, err := WindowsToFlag(3, math.SmallestNonzeroFloat64); err == nil {
		t.Errorf("a level that is none when it is shared: %d", n)
	}
	if stop, err := WindowsToFlagAt(2, .9, .05, .9); err == nil {
		t.Errorf("2 members: %+v", stop)
	}
	if stop, err := WindowsToFlagAt(3, .5, .05, .9); err == nil {
		t.Errorf("half of the windows: %+v", stop)
	}
	if n, err := WindowsToClear(0); err == nil {
		t.Errorf("level 0: %d", n)
	}
	if stop, err := WindowsToClearAt(.5, .05, .9); err == nil {
		t.Errorf("half of the windows: %+v", stop)
	}
}
