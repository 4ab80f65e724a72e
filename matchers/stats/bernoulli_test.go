package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogEAgreesWithReferenceValues(t *testing.T) {
	for _, c := range []struct {
		events, n   int
		limit, a, b float64
		want        float64
	}{
		{1, 1, .01, 1, 20, 1.742969305},
		{0, 100, .01, 1, 20, -1.791759469},
		{5, 100, .01, 1, 20, 3.365482773},
		{10, 1000, .01, 1, 20, -2.429902061},
		{25, 1000, .01, 1, 20, 6.333465407},
		{30, 40, .5, 1, 1, 4.146746035},
		{4, 6, 1.0 / 3, 1, 1, 0.910560057},
		// Closed forms.
		{3, 3, .5, 1, 1, math.Log(3.75)},
		{5, 5, .2, 1, 1, math.Log(651)},
		{0, 1000, .003, 1, 7, math.Log(7.0 / 1007)},
		{0, 0, .01, 1, 20, 0},
	} {
		got := Bernoulli{Limit: c.limit, A: c.a, B: c.b}.LogE(c.events, c.n)
		if math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%d events in %d at %v with Beta(%v, %v): log e %.9f, want %.9f", c.events, c.n, c.limit, c.a, c.b, got, c.want)
		}
	}
}

// The reference values are computed in 40 digits. At a limit that is a binary
// fraction nothing is lost, however many samples there are.
func TestLogEKeepsItsDigitsForManySamples(t *testing.T) {
	for _, c := range []struct {
		test      Bernoulli
		events, n int
		want      float64
	}{
		{Bernoulli{Limit: 1. / 128, A: 1, B: 20}, 10_000, 1_000_000, 278.1791734528668},
		{Bernoulli{Limit: 1. / 128, A: 1, B: 25.6}, 7900, 1_000_000, -4.8464822770675542},
		{Bernoulli{Limit: 1. / 128, A: 1, B: 25.6}, 7_700_000, 1_000_000_000, -13.240750911783016},
		{Bernoulli{Limit: 1. / 128, A: 1, B: 25.6}, 7_820_000, 1_000_000_000, -4.9982513609012507},
		{Bernoulli{Limit: 1. / 128, A: 1, B: 25.6}, 1_000_000_000, 1_000_000_000, 4852029793.5586502},
		{Below(1. / 128), 7_700_000, 1_000_000_000, 812.74086558706961},
		{Below(1. / 128), 0, 1_000_000_000, 7843162.0461871585},
	} {
		if got := c.test.LogE(c.events, c.n); math.Abs(got-c.want) > 1e-12*math.Max(10, math.Abs(c.want)) {
			t.Errorf("%+v, %d of %d: log e %.14g, want %.14g", c.test, c.events, c.n, got, c.want)
		}
	}
}

func TestPIsOneOverTheEValue(t *testing.T) {
	if p := Above(.2).P(5, 5); math.Abs(p-1./651) > 1e-12 {
		t.Errorf("p %v, want 1/651", p)
	}
	if p := Above(.2).P(0, 50); p != 1 {
		t.Errorf("evidence against the claim: p %v, want 1", p)
	}
	for _, p := range []float64{Above(.2).P(2, 1), Above(.2).P(-1, 1), Above(2).P(1, 1)} {
		if !math.IsNaN(p) {
			t.Errorf("p %v, want NaN", p)
		}
	}
}

func TestBelowAgreesWithItsClosedFormWithoutEvents(t *testing.T) {
	const p = 0.01
	test := Below(p)
	for _, n := range []int{1, 10, 417, 5000, 1_000_000} {
		f := float64(n)
		want := math.Log(test.B/(f+test.B)) + math.Log1p(-math.Pow(1-p, f+test.B)) -
			math.Log1p(-math.Pow(1-p, test.B)) - f*math.Log1p(-p)
		if got := test.LogE(0, n); math.Abs(got-want) > 1e-6*math.Max(1, want) {
			t.Errorf("no event in %d: log e %.9f, want %.9f", n, got, want)
		}
	}
}

// Under the limit itself an e-process is a martingale: what it will be after
// one more sample is on average what it is. No formula but the right one is.
func TestLogEIsAMartingaleAtTheLimit(t *testing.T) {
	for _, test := range []Bernoulli{Above(.01), Below(.01), Above(.3), Below(.3), Above(1e-4), {Limit: .2, A: 2, B: 3}} {
		for _, n := range []int{0, 1, 7, 60, 400} {
			for _, events := range []int{0, 1, n / 10, n / 2, n} {
				if events > n {
					continue
				}
				now := test.LogE(events, n)
				mean := test.Limit*math.Exp(test.LogE(events+1, n+1)-now) + (1-test.Limit)*math.Exp(test.LogE(events, n+1)-now)
				if math.Abs(mean-1) > 1e-8 {
					t.Errorf("%+v, %d of %d: grows by the factor %.12f on average", test, events, n, mean)
				}
			}
		}
	}
}

func TestLogEStaysFiniteInFarTails(t *testing.T) {
	for _, test := range []Bernoulli{Above(.01), Below(.01), Above(.5), Above(1e-6), Below(1e-6)} {
		for _, c := range [][2]int{{0, 10_000_000}, {10_000_000, 10_000_000}, {5_000_000, 10_000_000}, {100_000, 10_000_000}} {
			if e := test.LogE(c[0], c[1]); math.IsNaN(e) || math.IsInf(e, 0) {
				t.Errorf("%+v, %v: log e is %v", test, c, e)
			}
		}
	}
}

func TestImpossibleCountsHaveNoEValue(t *testing.T) {
	for _, e := range []float64{
		Above(.01).LogE(2, 1), Above(.01).LogE(-1, 1), Above(0).LogE(0, 1), Above(1).LogE(0, 1),
		Above(math.NaN()).LogE(0, 1), Bernoulli{Limit: .1, A: -1, B: 1}.LogE(0, 1), Bernoulli{Side: 7, Limit: .1, A: 1, B: 1}.LogE(0, 1),
	} {
		if !math.IsNaN(e) {
			t.Errorf("log e is %v, want NaN", e)
		}
	}
	if Above(.01).Shows(2, 1, .05) {
		t.Error("an impossible count shows a claim")
	}
}

func TestBoundIsWhereTheEvidenceEnds(t *testing.T) {
	for _, test := range []Bernoulli{Above(.01), Below(.01), Below(.05), Above(.4), Below(.4)} {
		for _, c := range [][2]int{{0, 250}, {3, 250}, {12, 250}, {249, 250}, {20, 10_000}} {
			bound := test.Bound(c[0], c[1], .05)
			// The claims that are shown are those on one side of the bound, and no others.
			for i := 1; i < 2000; i++ {
				at := test
				at.Limit = float64(i) / 2000
				shown := at.Limit < bound
				if test.Side == BelowLimit {
					shown = at.Limit > bound
				}
				if math.Abs(at.Limit-bound) > 1e-9 && at.Shows(c[0], c[1], .05) != shown {
					t.Fatalf("%+v, %v: bound %v, but at %v shown is %v", test, c, bound, at.Limit, !shown)
				}
			}
		}
	}
	if low, high := Above(.01).Bound(0, 10, .05), Below(.01).Bound(10, 10, .05); low != 0 || high != 1 {
		t.Errorf("bounds where nothing is shown: %v and %v, want 0 and 1", low, high)
	}
}

// A series at its limit is looked at a thousand times; the share of series that
// ever raise an alarm must stay at alpha.
func TestPollingDoesNotInflateFalseAlarms(t *testing.T) {
	const runs, alpha = 500, .05
	for _, test := range []Bernoulli{Above(.01), Below(.01)} {
		for _, looks := range []int{100, 1000} {
			t.Run(fmt.Sprintf("side %d, %d looks", test.Side, looks), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(20, uint64(looks)))
				alarms := 0
				for range runs {
					events := 0
					for n := 1; n <= 5*looks; n++ {
						if random.Float64() < test.Limit {
							events++
						}
						if n%5 == 0 && test.Shows(events, n, alpha) {
							alarms++
							break
						}
					}
				}
				// Were the rate of false alarms alpha, more than this many would
				// come once in ten thousand times.
				most := 0
				for binomialTail(most, runs, alpha) > 1e-4 {
					most++
				}
				t.Logf("%d false alarms in %d series; at most %d", alarms, runs, most)
				if alarms > most {
					t.Errorf("%d false alarms in %d series, at most %d are chance", alarms, runs, most)
				}
				if alarms == 0 {
					t.Error("no false alarm in all series: the test cannot be looking")
				}
			})
		}
	}
}

func TestBoundsOfImpossibleCounts(t *testing.T) {
	for name, got := range map[string]float64{
		"more events than samples": Above(.01).Bound(5, 3, .05), "the same below": Below(.01).Bound(5, 3, .05),
		"alpha 1": Above(.01).Bound(0, 0, 1), "alpha 2": Below(.01).Bound(5, 10, 2), "alpha NaN": Above(.01).Bound(5, 10, math.NaN()),
		"no limit": Bernoulli{A: 1, B: 1}.Bound(5, 10, .05),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
