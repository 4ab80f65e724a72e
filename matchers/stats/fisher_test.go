package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestFisherEqualsKnownValues(t *testing.T) {
	for _, c := range []struct {
		errors1, n1, errors2, n2 int
		want                     float64
	}{
		{3, 4, 1, 4, 17.0 / 70}, // Fisher's tea
		{4, 4, 0, 4, 1.0 / 70},
		{0, 10, 0, 10, 1},
		{10, 10, 10, 10, 1},
		{0, 10, 5, 10, 1},
		{0, 0, 3, 10, 1},
		{1, 2, 1, 2, 5.0 / 6},
	} {
		if got, err := Fisher(c.errors1, c.n1, c.errors2, c.n2); err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
}

func TestFisherEqualsEnumeration(t *testing.T) {
	for n1 := 0; n1 <= 5; n1++ {
		for n2 := 0; n2 <= 5; n2++ {
			for errors1 := 0; errors1 <= n1; errors1++ {
				for errors2 := 0; errors2 <= n2; errors2++ {
					choices, high := 0, 0
					for set := range 1 << (n1 + n2) {
						first, all := 0, 0
						for i := range n1 + n2 {
							if set>>i&1 == 1 {
								all++
								if i < n1 {
									first++
								}
							}
						}
						if all == errors1+errors2 {
							choices++
							if first >= errors1 {
								high++
							}
						}
					}
					want := float64(high) / float64(choices)
					if got, err := Fisher(errors1, n1, errors2, n2); err != nil || math.Abs(got-want) > 1e-12 {
						t.Errorf("%d of %d against %d of %d: p %v, %v, want %v", errors1, n1, errors2, n2, got, err, want)
					}
				}
			}
		}
	}
}

func TestFisherKeepsItsDigitsFarOut(t *testing.T) {
	got, err := Fisher(400, 400, 0, 400)
	choices, _ := math.Lgamma(801)
	half, _ := math.Lgamma(401)
	if want := 2*half - choices; err != nil || math.Abs(math.Log(got)-want) > 1e-9 {
		t.Errorf("p %v, %v, want exp(%v)", got, err, want)
	}
	if got, err = Fisher(5_000, 1_000_000, 5_000, 1_000_000); err != nil || math.Abs(got-.5) > .01 {
		t.Errorf("as many errors: p %v, %v", got, err)
	}
	// Of so many requests each side has half, and the errors are as tossed coins.
	for _, n := range []int{1e9, 1e12, 1e15, math.MaxInt} {
		if got, err = Fisher(5, n, 3, n); err != nil || math.Abs(got-93./256) > 1e-6 {
			t.Errorf("5 and 3 of %d each: p %v, %v, want %v", n, got, err, 93./256)
		}
	}
}

func TestFisherOutliersFindTheErroringMember(t *testing.T) {
	const trials, alpha = 1000, .05
	random := rand.New(rand.NewPCG(61, 62))
	found, wrong := 0, 0
	for range trials {
		errors, requests := make([]int, 5), []int{500, 500, 500, 500, 500}
		for i := range errors {
			rate := .01
			if i == 2 {
				rate = .05
			}
			for range requests[i] {
				if random.Float64() < rate {
					errors[i]++
				}
			}
		}
		p, err := FisherOutliers(errors, requests)
		if err != nil {
			t.Fatal(err)
		}
		if p[2] <= alpha {
			found++
		}
		if min(p[0], p[1], p[3], p[4]) <= alpha {
			wrong++
		}
	}
	t.Logf("found %d and named a healthy one in %d of %d", found, wrong, trials)
	if found < trials*98/100 || binomialTail(wrong, trials, alpha) < 1e-4 {
		t.Errorf("found %d and named a healthy one in %d of %d", found, wrong, trials)
	}
}

func TestFisherRefusesWhatCannotBe(t *testing.T) {
	if p, err := Fisher(3, 2, 0, 2); err == nil {
		t.Errorf("3 errors in 2: %v", p)
	}
	if p, err := Fisher(0, 2, -1, 2); err == nil {
		t.Errorf("-1 errors: %v", p)
	}
	for want, c := range map[string][2][]int{
		"errors of 2 members and requests of 1": {{1, 2}, {3}},
		"of 1 members":                          {{1}, {3}},
		"member 1 has 4 errors in 3 requests":   {{1, 4}, {3, 3}},
	} {
		if p, err := FisherOutliers(c[0], c[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, p, err)
		}
	}
}
