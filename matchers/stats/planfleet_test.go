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
}

// A plan is a matter of a few logarithms, however many members it is for.
func TestWindowsToFlagOfAHugeFleet(t *testing.T) {
	for _, members := range []int{1e14, math.MaxInt} {
		n, err := WindowsToFlag(members, .05)
		if err != nil || n < 50 || n > 200 {
			t.Errorf("%d members: %d windows, %v", members, n, err)
		}
		at, err := WindowsToFlagAt(members, 1, .05, .9)
		if err != nil || at.Samples != n {
			t.Errorf("%d members, always beyond the margin: %+v, %v", members, at, err)
		}
		if rank, err := WindowsToFlagByRank(members, .05); err != nil || rank < 1 || rank >= n {
			t.Errorf("%d members: %d windows by rank, %v", members, rank, err)
		}
	}
}

func TestWindowPlansRefuseImpossibleInput(t *testing.T) {
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
}

func TestWindowsToFlagAMemberIsTheFirstNumberThatNamesIt(t *testing.T) {
	for _, members := range []int{3, 5, 40} {
		fleet, err := NewFleet(members, .25, 0)
		if err != nil {
			t.Fatal(err)
		}
		rank, err := NewFleetRank(members)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			add   func([]float64) error
			plan  func(int, Tail, float64) (int, error)
			named func() bool
			have  func() int
		}{
			"margins": {fleet.Add, fleet.WindowsToFlag, func() bool { return len(fleet.Outliers(.05)) > 0 }, fleet.Windows},
			"rank":    {rank.Add, rank.WindowsToFlag, func() bool { return len(rank.Outliers(.05)) > 0 }, rank.Windows},
		} {
			window := make([]float64, members)
			for i := range window {
				window[i] = 1
			}
			for range 7 { // windows where it is like its peers
				if err := c.add(window); err != nil {
					t.Fatal(err)
				}
			}
			want, err := c.plan(1, Slower, .05)
			if err != nil || want <= 7 {
				t.Errorf("%s of %d: %d windows, %v", name, members, want, err)
			}
			window[1] = 2
			for !c.named() {
				if n, err := c.plan(1, Slower, .05); n != want || err != nil {
					t.Fatalf("%s of %d: after %d windows it is planned to be named after %d, %v, and was after %d", name, members, c.have(), n, err, want)
				}
				if err := c.add(window); err != nil {
					t.Fatal(err)
				}
			}
			if c.have() != want {
				t.Errorf("%s of %d: named after %d windows, planned %d", name, members, c.have(), want)
			}
			if n, err := c.plan(1, Slower, .05); n != want || err != nil {
				t.Errorf("%s of %d: it is named, and planned for %d, %v", name, members, n, err)
			}
		}
		byRank, err := WindowsToFlagByRank(members, .05)
		if err != nil {
			t.Fatal(err)
		}
		byMargin, err := WindowsToFlag(members, .05)
		if err != nil || byRank >= byMargin {
			t.Errorf("%d members: %d windows by rank and %d by margins, %v", members, byRank, byMargin, err)
		}
	}
}

func TestWindowsToClearAMemberIsTheFirstNumberThatClearsIt(t *testing.T) {
	f, err := NewFleet(3, .25, 0)
	if err != nil {
		t.Fatal(err)
	}
	for n, window := range [][]float64{{1, 1, 1}, {1, 1, 2}, {1, 1, 2}, {1, 1, 1}} {
		if err := f.Add(window); err != nil {
			t.Fatalf("window %d: %v", n, err)
		}
	}
	want, err := f.WindowsToClear(2, Slower, .05)
	if err != nil || want <= 6 {
		t.Fatalf("%d windows, %v", want, err)
	}
	for !f.Cleared(2, Slower, .05) {
		if err := f.Add([]float64{1, 1, 1}); err != nil {
			t.Fatal(err)
		}
	}
	if f.Windows() != want {
		t.Errorf("cleared after %d windows, planned %d", f.Windows(), want)
	}
}

func TestRequestsToClearAMemberIsTheFirstNumberThatClearsIt(t *testing.T) {
	for _, c := range [][]int{{0, 0, 0}, {0, 0, 6}, {2, 3, 6}, {0, 40, 1}} { // the last is cleared because its errors are even
		f, err := NewFleetErrors(3, .25)
		if err != nil {
			t.Fatal(err)
		}
		requests := []int{50, 50, 50}
		if err := f.Add(c, requests); err != nil {
			t.Fatal(err)
		}
		want, err := f.RequestsToClear(2, .05)
		if err != nil || want < 50 {
			t.Errorf("%v errors: %d requests, %v", c, want, err)
		}
		for !f.Cleared(2, .05) {
			if err := f.Add([]int{0, 0, 0}, []int{1, 1, 1}); err != nil {
				t.Fatal(err)
			}
		}
		if f.Requests(2) != want {
			t.Errorf("%v errors: cleared after %d requests, planned %d", c, f.Requests(2), want)
		}
		if n, err := f.RequestsToClear(2, .05); n != want || err != nil {
			t.Errorf("%v errors: it is cleared, and planned for %d, %v", c, n, err)
		}
	}
}

func TestMemberPlansRefuseImpossibleInput(t *testing.T) {
	f, err := NewFleet(3, .25, 0)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewFleetErrors(3, .25)
	if err != nil {
		t.Fatal(err)
	}
	for _, alpha := range []float64{0, 1, math.NaN()} {
		flag, flagErr := f.WindowsToFlag(0, Slower, alpha)
		clear, clearErr := f.WindowsToClear(0, Slower, alpha)
		requests, requestsErr := e.RequestsToClear(0, alpha)
		if flagErr == nil || clearErr == nil || requestsErr == nil {
			t.Errorf("level %v: %d, %d and %d", alpha, flag, clear, requests)
		}
	}
	for _, member := range []int{-1, 3} {
		flag, flagErr := f.WindowsToFlag(member, Slower, .05)
		clear, clearErr := f.WindowsToClear(member, Faster, .05)
		requests, requestsErr := e.RequestsToClear(member, .05)
		if flagErr == nil || clearErr == nil || requestsErr == nil {
			t.Errorf("member %d: %d, %d and %d", member, flag, clear, requests)
		}
	}
	if n, err := f.WindowsToFlag(0, 7, .05); err == nil {
		t.Errorf("tail 7: %d", n)
	}
	if n, err := WindowsToFlagByRank(2, .05); err == nil {
		t.Errorf("2 members: %d", n)
	}
}
