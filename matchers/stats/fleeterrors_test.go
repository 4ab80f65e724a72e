package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// errorBatch draws how many of each member's requests fail.
func errorBatch(random *rand.Rand, requests []int, rate func(member int) float64) []int {
	errors := make([]int, len(requests))
	for i, n := range requests {
		for range n {
			if random.Float64() < rate(i) {
				errors[i]++
			}
		}
	}
	return errors
}

// All rates drift together, a member has more errors by the margin, and shares of
// requests change: no member is named more often than alpha allows, at any look.
func TestFleetErrorsNamesNoMemberOfAHealthyFleet(t *testing.T) {
	const alpha, fleets, batches, margin = .05, 1000, 60, .5
	random := rand.New(rand.NewPCG(71, 72))
	named := 0
	for range fleets {
		f, err := NewFleetErrors(3, margin)
		if err != nil {
			t.Fatal(err)
		}
		for b := range batches {
			requests := []int{20, 20, 20}
			if b%3 == 1 {
				requests = []int{5, 30, 0}
			}
			rate := .02 + .15*float64(b)/batches
			if err := f.Add(errorBatch(random, requests, func(i int) float64 {
				if i == 0 {
					return rate * (1 + margin)
				}
				return rate
			}), requests); err != nil {
				t.Fatal(err)
			}
			if len(f.Outliers(alpha)) > 0 {
				named++
				break
			}
		}
	}
	t.Logf("named a member in %d of %d", named, fleets)
	if binomialTail(named, fleets, alpha) < 1e-4 || named == 0 {
		t.Errorf("named a member in %d of %d healthy fleets at alpha %v", named, fleets, alpha)
	}
}

// The null's factor for the next error is exactly 1 on average at the limit and less within.
func TestFleetErrorsIsAMartingaleAtTheMargin(t *testing.T) {
	const margin = .25
	for _, share := range []float64{1.0 / 3, .2, .01} {
		limit := errorShare(share, 1+margin)
		for _, times := range failingTimes {
			mean := limit*math.Exp(logRatio(share, times*(1+margin), 1+margin, 1, 0)) +
				(1-limit)*math.Exp(logRatio(share, times*(1+margin), 1+margin, 0, 1))
			within := share*math.Exp(logRatio(share, times*(1+margin), 1+margin, 1, 0)) +
				(1-share)*math.Exp(logRatio(share, times*(1+margin), 1+margin, 0, 1))
			if math.Abs(mean-1) > 1e-12 || within >= 1 {
				t.Errorf("share %v, %v times: mean %v at the limit, %v within", share, times, mean, within)
			}
		}
		limit = errorShare(share, FailingTimes)
		for _, times := range healthyTimes {
			mean := limit*math.Exp(logRatio(share, times, FailingTimes, 1, 0)) + (1-limit)*math.Exp(logRatio(share, times, FailingTimes, 0, 1))
			if math.Abs(mean-1) > 1e-12 {
				t.Errorf("share %v, %v times: mean %v at the limit", share, times, mean)
			}
		}
	}
}

func TestFleetErrorsFindsTheFailingMember(t *testing.T) {
	const alpha, fleets = .05, 300
	random := rand.New(rand.NewPCG(73, 74))
	found, wrong, cleared := 0, 0, 0
	for range fleets {
		f, err := NewFleetErrors(5, .25)
		if err != nil {
			t.Fatal(err)
		}
		requests := []int{50, 50, 50, 50, 50}
		for range 10 {
			if err := f.Add(errorBatch(random, requests, func(i int) float64 {
				if i == 2 {
					return .05
				}
				return .01
			}), requests); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range f.Outliers(alpha) {
			if o.Member == 2 && o.Errors == f.Errors(2) && o.Requests == 500 && o.LogE == f.LogE(2) {
				found++
			} else {
				wrong++
			}
		}
		if f.Cleared(0, alpha) {
			cleared++
		}
	}
	t.Logf("after 500 requests each found %d of %d, %d wrong, a healthy one cleared %d", found, fleets, wrong, cleared)
	if found < fleets*8/10 || wrong > 1 || cleared < fleets*9/10 {
		t.Errorf("after 500 requests each found %d of %d, %d wrong, a healthy one cleared %d", found, fleets, wrong, cleared)
	}
}

// A member at the limit of what may be cleared is cleared with a probability of at most alpha.
func TestFleetErrorsClearsNoFailingMember(t *testing.T) {
	const alpha, fleets = .05, 500
	random := rand.New(rand.NewPCG(75, 76))
	cleared := 0
	for range fleets {
		f, err := NewFleetErrors(3, .25)
		if err != nil {
			t.Fatal(err)
		}
		requests := []int{20, 20, 20}
		for range 100 {
			if err := f.Add(errorBatch(random, requests, func(i int) float64 {
				if i == 0 {
					return FailingRate
				}
				return FailingRate / FailingTimes
			}), requests); err != nil {
				t.Fatal(err)
			}
			if f.Cleared(0, alpha) {
				cleared++
				break
			}
		}
	}
	t.Logf("cleared %d of %d", cleared, fleets)
	if binomialTail(cleared, fleets, alpha) < 1e-4 || cleared == 0 {
		t.Errorf("cleared a failing member in %d of %d at alpha %v", cleared, fleets, alpha)
	}
}

func TestFleetErrorsClearsByRequestsOrByEvenErrors(t *testing.T) {
	f, err := NewFleetErrors(3, .25)
	if err != nil {
		t.Fatal(err)
	}
	n, err := RequestsToClear(.05)
	if err != nil {
		t.Fatal(err)
	}
	none := []int{0, 0, 0}
	if err := f.Add(none, []int{n - 1, n - 1, n}); err != nil {
		t.Fatal(err)
	}
	if f.Cleared(0, .05) || !f.Cleared(2, .05) || f.LogE(0) != 0 {
		t.Errorf("after %d requests without error: cleared %v, after %d %v", n-1, f.Cleared(0, .05), n, f.Cleared(2, .05))
	}
	t.Logf("%d requests without error clear", n)
	// Everything fails, everywhere alike.
	all, err := NewFleetErrors(3, .25)
	if err != nil {
		t.Fatal(err)
	}
	if err := all.Add([]int{50, 50, 50}, []int{50, 50, 50}); err != nil {
		t.Fatal(err)
	}
	if !all.Cleared(0, .05) || len(all.Outliers(.05)) > 0 {
		t.Errorf("everything fails alike: cleared %v, named %v", all.Cleared(0, .05), all.Outliers(.05))
	}
}

// The observed rate must be within the limit: the margin, or one request in a hundred.
func TestFleetErrorsClearsNoMemberObservedBeyondTheLimit(t *testing.T) {
	for _, c := range []struct {
		errors []int
		want   bool
	}{
		{[]int{10, 0, 0}, true},
		{[]int{11, 0, 0}, false},
		{[]int{125, 100, 100}, true},
		{[]int{126, 100, 100}, false},
		{[]int{50, 40, 40}, true},
		{[]int{51, 40, 40}, false},
	} {
		f, err := NewFleetErrors(3, .25)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Add(c.errors, []int{1000, 1000, 1000}); err != nil {
			t.Fatal(err)
		}
		if f.Cleared(0, .05) != c.want {
			t.Errorf("%v of 1000: cleared %v", c.errors, !c.want)
		}
		n, err := f.RequestsToClear(0, .05)
		if err != nil || (n == 1000) != c.want || !f.clears(0, n, .05) || n > 1000 && f.clears(0, n-1, .05) {
			t.Errorf("%v of 1000: cleared by %d requests, %v", c.errors, n, err)
		}
	}
}

func TestFleetErrorsCloneStaysAsItIs(t *testing.T) {
	f, err := NewFleetErrors(3, 0)
	if err != nil {
		t.Fatal(err)
	}
	then := f.Clone()
	if err := f.Add([]int{40, 0, 0}, []int{50, 50, 50}); err != nil {
		t.Fatal(err)
	}
	if then.LogE(0) != 0 || then.Requests(0) != 0 || then.Errors(0) != 0 || len(f.Outliers(.05)) != 1 || f.Outliers(2) != nil {
		t.Errorf("the clone has log e %v; named %v", then.LogE(0), f.Outliers(.05))
	}
}

func TestFleetErrorsRefusesImpossibleInput(t *testing.T) {
	for want, build := range map[string]func() (*FleetErrors, error){
		"at least 3": func() (*FleetErrors, error) { return NewFleetErrors(2, .25) },
		"margin -1":  func() (*FleetErrors, error) { return NewFleetErrors(3, -1) },
		"margin NaN": func() (*FleetErrors, error) { return NewFleetErrors(3, math.NaN()) },
		"margin 4":   func() (*FleetErrors, error) { return NewFleetErrors(3, 4) },
	} {
		if f, err := build(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, f, err)
		}
	}
	f, err := NewFleetErrors(3, .25)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string][2][]int{
		"counts of 2 members for 3":           {{0, 0}, {1, 1}},
		"errors of 3 members and":             {{0, 0, 0}, {1, 1}},
		"member 2 has 2 errors in 1 requests": {{0, 0, 2}, {1, 1, 1}},
	} {
		if err := f.Add(c[0], c[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", c, err, want)
		}
	}
	if f.Requests(0) != 0 || f.Requests(5) != 0 || f.Errors(-1) != 0 || !math.IsNaN(f.LogE(3)) || f.Cleared(3, .05) || f.Members() != 3 {
		t.Error("refused counts were added, or answers for members that there are not")
	}
	if n, err := RequestsToClear(0); err == nil {
		t.Errorf("level 0: %d", n)
	}
}
