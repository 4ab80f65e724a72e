package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

var (
	here   = baseline.Environment{OS: "linux", Arch: "amd64", CPUs: 2, CPU: "Xeon", Kernel: "6.18.5", Go: "go1.26.8"}
	policy = Policy{Alpha: .01, Limits: baseline.DefaultLimits()}
)

// accepted makes runs of one window with these 50th percentiles, in seconds.
func accepted(p50 ...float64) []baseline.Run {
	var runs []baseline.Run
	for n, v := range p50 {
		runs = append(runs, baseline.Run{
			Started: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC), Environment: here, Reference: true,
			Windows: []baseline.Window{{
				Suite: "shop", Spec: "sells", Probe: "GET /", Number: 1, Count: 500,
				P50: record.Float(v), P90: record.Float(2 * v), P99: record.Float(3 * v), Throughput: 100,
			}},
		})
	}
	return runs
}

// twenty are runs with a spread of some percent.
func twenty() []baseline.Run {
	var p50 []float64
	for n := range 20 {
		p50 = append(p50, .1+.001*float64(n*7%20)/2)
	}
	return accepted(p50...)
}

func compare(t *testing.T, was, is []baseline.Run, p Policy) Comparison {
	t.Helper()
	c, err := Compare(baseline.Baseline{Schema: baseline.Schema, Runs: was}, is, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func with(runs []baseline.Run, change func(*baseline.Run)) []baseline.Run {
	for n := range runs {
		runs[n].Windows = slices.Clone(runs[n].Windows)
		change(&runs[n])
	}
	return runs
}

func TestCompare(t *testing.T) {
	none := record.Float(math.NaN())
	collect := policy
	collect.Collect = true
	wide := policy
	wide.Limits = wide.Limits.WithMargin(1)
	elsewhere := func(change func(*baseline.Environment)) []baseline.Run {
		return with(twenty(), func(r *baseline.Run) { change(&r.Environment) })
	}
	renamed := with(accepted(.104), func(r *baseline.Run) { r.Windows[0].Probe = "GET /other" })
	dead := with(accepted(.1), func(r *baseline.Run) {
		w := &r.Windows[0]
		w.Errors, w.P50, w.P90, w.P99, w.Throughput = map[string]int{"timeout": 500}, none, none, none, 0
	})
	failing := func(n int) []baseline.Run {
		return with(accepted(.104), func(r *baseline.Run) { r.Windows[0].Errors = map[string]int{"timeout": n} })
	}
	for name, c := range map[string]struct {
		was, is []baseline.Run
		policy  Policy
		want    Verdict
		words   string
	}{
		"the same":                      {twenty(), accepted(.105), policy, Pass, "no metric is shown to be worse than the baseline beyond its limit, and worse than this is ruled out with 95 % confidence each: error rate +0.6 points, p50 +"},
		"faster":                        {twenty(), accepted(.01), policy, Pass, "no metric is shown to be worse than the baseline"},
		"slower within the margin":      {twenty(), accepted(.112), policy, Pass, "no metric is shown to be worse than the baseline"},
		"slower than the margin":        {twenty(), accepted(.15), policy, Regression, "worse than the baseline: p50 of GET /: 150ms, usually 104.71ms, +43 % (+36 % to +51 %) (p = "},
		"slower than it, but allowed":   {twenty(), accepted(.15), wide, Pass, "no metric is shown to be worse than the baseline"},
		"slower once of three":          {twenty(), accepted(.1, .104, 9), policy, Pass, "no metric is shown to be worse than the baseline"},
		"three times":                   {twenty(), accepted(.15, .151, .149), policy, Regression, "p50 of GET /: 150ms, usually 104.71ms"},
		"a second error":                {twenty(), failing(2), policy, Pass, "no metric is shown to be worse than the baseline"},
		"errors":                        {twenty(), failing(25), policy, Regression, "error rate of GET /: 5 %, usually 0 %, +5 points (+3.5 points to +6.9 points)"},
		"no answer any more":            {twenty(), dead, policy, Regression, "error rate of GET /: 100 %, usually 0 %"},
		"no answer once":                {append(twenty(), dead...), accepted(9), policy, Inconclusive, "all samples of this window failed in 1 of 21 accepted runs"},
		"young":                         {twenty()[:9], accepted(9), policy, "", `not compared with the baseline yet: 1 window is young: window 1 of GET / in "sells" of the suite shop has 9 of 10 accepted runs`},
		"old enough":                    {twenty()[:10], accepted(9), policy, Regression, "p50 of GET /: 9s, usually 10"},
		"no run accepted":               {nil, accepted(.1), policy, "", "not compared with the baseline: it holds no run"},
		"no run made":                   {twenty(), nil, policy, "", "not compared with the baseline: no run was completed"},
		"only of another machine":       {elsewhere(func(e *baseline.Environment) { e.CPU = "EPYC" }), accepted(9), policy, Inconclusive, "it holds runs of another environment only (linux/amd64, 2 CPUs (EPYC), kernel 6.18.5, go1.26.8; this one is linux/amd64, 2 CPUs (Xeon)"},
		"collecting on another machine": {elsewhere(func(e *baseline.Environment) { e.CPUs = 64 }), accepted(9), collect, Pass, "(collecting: "},
		"partly of another machine":     {append(elsewhere(func(e *baseline.Environment) { e.CPUs = 64 }), twenty()...), accepted(.104), policy, Pass, "against 20 accepted runs; left out: 20 accepted runs of another environment"},
		"of another kernel":             {elsewhere(func(e *baseline.Environment) { e.Kernel = "6.1.5" }), accepted(9), policy, Regression, "; some accepted runs had another kernel 6.1, here 6.18"},
		"of another Go":                 {elsewhere(func(e *baseline.Environment) { e.Go = "go1.25.1" }), accepted(.104), policy, Pass, "; some accepted runs had another go1.25, here go1.26"},
		"a renamed probe":               {twenty(), renamed, policy, Inconclusive, `1 window of the accepted runs did not come: window 1 of GET / in "sells" of the suite shop`},
		"slower on a slow machine":      {with(twenty(), func(r *baseline.Run) { r.Speed = 1000 }), with(accepted(.15), func(r *baseline.Run) { r.Speed = 700 }), policy, Inconclusive, "this machine calculates 1.4 times slower than those of the accepted runs, so this says nothing about the build: p50 of GET /: 150ms"},
		"slower on a usual machine":     {with(twenty(), func(r *baseline.Run) { r.Speed = 1000 }), with(accepted(.15), func(r *baseline.Run) { r.Speed = 900 }), policy, Regression, "worse than the baseline"},
		"the same on a slow machine":    {with(twenty(), func(r *baseline.Run) { r.Speed = 1000 }), with(accepted(.104), func(r *baseline.Run) { r.Speed = 700 }), policy, Pass, "no metric is shown"},
		"few samples":                   {twenty(), with(accepted(.1), func(r *baseline.Run) { r.Windows[0].Count = 5 }), policy, Inconclusive, "the window has 5 samples, and 500 are usual in the accepted runs"},
		"worse while collecting":        {twenty(), accepted(9), collect, Regression, "worse than the baseline"},
		"enough while collecting":       {twenty(), renamed, Policy{Alpha: .01, Limits: policy.Limits}, Inconclusive, "did not come"},
	} {
		t.Run(name, func(t *testing.T) {
			got := compare(t, c.was, c.is, c.policy)
			if got.Verdict != c.want || !strings.Contains(got.Words, c.words) {
				t.Errorf("%q: %s\nwant %q: %s", got.Verdict, got.Words, c.want, c.words)
			}
		})
	}
}

// A window that is far slower is named, however many windows there are.
func TestManyWindowsHideNoRegression(t *testing.T) {
	widen := func(runs []baseline.Run, windows int) []baseline.Run {
		for r := range runs {
			first := runs[r].Windows[0]
			for n := 2; n <= windows; n++ {
				more, level := first, record.Float(.1+.001*float64((r*n)%7))
				more.Number, more.P50, more.P90, more.P99 = n, level, 2*level, 3*level
				runs[r].Windows = append(runs[r].Windows, more)
			}
		}
		return runs
	}
	for _, windows := range []int{3, 60} {
		c := compare(t, widen(twenty(), windows), widen(accepted(.16), windows), policy)
		if c.Verdict != Regression || len(c.Metrics) != 5*windows {
			t.Errorf("%d windows: %q, want a regression: %s", windows, c.Verdict, c.Words)
		}
		for _, m := range c.Metrics {
			if m.Regressed != (m.Number == 1 && m.Name[0] == 'p') {
				t.Errorf("%d windows: window %d, %s: regressed %v", windows, m.Number, m.Words, m.Regressed)
			}
		}
	}
}

// What one new window lacks is said of it, and does not silence the others.
func TestAYoungWindowDoesNotSilenceTheOthers(t *testing.T) {
	more := func(runs []baseline.Run) []baseline.Run {
		return with(runs, func(r *baseline.Run) {
			w := r.Windows[0]
			w.Number = 2
			r.Windows = append(r.Windows, w)
		})
	}
	was := twenty()
	more(was[17:])
	if c := compare(t, was, more(accepted(.16)), policy); c.Verdict != Regression {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
	c := compare(t, was, more(accepted(.104)), policy)
	if want := `1 window is young: window 2 of GET / in "sells" of the suite shop has 3 of 10 accepted runs`; c.Verdict != Pass || !strings.Contains(c.Words, want) {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
}

// A change that one build does not show is found over a few, and a drift by the references.
func TestSmallChangesAreFoundOverSeveralBuilds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noisy := func(n int, level func(int) float64) []baseline.Run {
		p50 := make([]float64, n)
		for i := range p50 {
			p50[i] = level(i) * math.Exp(.05*random.NormFloat64())
		}
		return accepted(p50...)
	}
	history := append(noisy(20, func(int) float64 { return .1 }), noisy(4, func(int) float64 { return .12 })...)
	c := compare(t, history, noisy(1, func(int) float64 { return .12 }), policy)
	if c.Verdict != Regression || !strings.Contains(c.Words, " over the last ") {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
	drift := append(noisy(20, func(int) float64 { return .1 }), with(noisy(200, func(i int) float64 { return .1 * (1 + .001*float64(i)) }), func(r *baseline.Run) { r.Reference = false })...)
	c = compare(t, drift, noisy(1, func(int) float64 { return .12 }), policy)
	if c.Verdict != Regression || !strings.Contains(c.Words, "builds, against the references") {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
}

func TestErrorsAreComparedByClass(t *testing.T) {
	classes := func(runs []baseline.Run, refused, timeout int) []baseline.Run {
		return with(runs, func(r *baseline.Run) { r.Windows[0].Errors = map[string]int{"refused": refused, "timeout": timeout} })
	}
	c := compare(t, classes(twenty(), 30, 0), classes(accepted(.104), 5, 25), policy)
	if c.Verdict != Regression || !strings.Contains(c.Words, "error rate (timeout) of GET /: 5 %, usually 0 %") {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
	for _, m := range c.Metrics {
		if m.Regressed != (m.Class == "timeout") {
			t.Errorf("%s: regressed %v", m.Words, m.Regressed)
		}
	}
}

func TestComparable(t *testing.T) {
	for _, c := range []struct {
		change func(*baseline.Environment)
		want   bool
	}{
		{func(*baseline.Environment) {}, true},
		{func(e *baseline.Environment) { e.Kernel = "6.1.5" }, true},
		{func(e *baseline.Environment) { e.Go = "go1.27.0" }, true},
		{func(e *baseline.Environment) { e.CPU = "" }, true},
		{func(e *baseline.Environment) { e.CPU = "EPYC" }, false},
		{func(e *baseline.Environment) { e.CPUs = 4 }, false},
		{func(e *baseline.Environment) { e.Arch = "arm64" }, false},
		{func(e *baseline.Environment) { e.OS = "darwin" }, false},
	} {
		other := here
		c.change(&other)
		if here.Comparable(other) != c.want || other.Comparable(here) != c.want {
			t.Errorf("%s and %s: want comparable %v", here, other, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	limits := baseline.DefaultLimits()
	for want, p := range map[string]Policy{
		"alpha is 0: it must lie between 0 and 1":                        {Alpha: 0, Limits: limits},
		"alpha is 1: it must":                                            {Alpha: 1, Limits: limits},
		"alpha is NaN: it must":                                          {Alpha: math.NaN(), Limits: limits},
		"alpha is 1e-09: a single run can show at most 5e-05":            {Alpha: 1e-9, Limits: limits},
		"the margin of p50 is -0.1: it must lie between 0 and 10":        {Alpha: .05, Limits: limits.WithMargin(-.1)},
		"the margin of p50 is +Inf: it must":                             {Alpha: .05, Limits: limits.WithMargin(math.Inf(1))},
		"the floor of p50 is -1: it must be 0 or more":                   {Alpha: .05, Limits: limits.WithFloor(-1)},
		"the margin of throughput is 2: it must lie between 0 and 1, su": {Alpha: .05, Limits: limits.WithMargin(2)},
	} {
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", p, err, want)
		}
	}
	if err := policy.Validate(); err != nil {
		t.Error(err)
	}
}

// Several runs of a build need fewer accepted ones to show what is gross, however small the
// share of alpha is that looks over several builds leave.
func TestSeveralRunsShowWhatIsGross(t *testing.T) {
	for _, c := range []struct{ accepted, now int }{{10, 3}, {13, 2}, {14, 2}, {20, 2}, {20, 3}, {12, 4}} {
		was := twenty()[:c.accepted]
		is := accepted(.5, .5, .5, .5)[:c.now]
		if got := compare(t, was, is, policy); got.Verdict != Regression {
			t.Errorf("%+v: %q: %s", c, got.Verdict, got.Words)
		}
	}
}

// Where so many groups of windows share alpha that nothing could be shown, that is said.
func TestWindowsThatCannotBeShownAreYoung(t *testing.T) {
	was, is := twenty(), accepted(.5, .5)
	for n := 2; n <= 9; n++ { // each in other runs
		add := func(r *baseline.Run) {
			w := r.Windows[0]
			w.Number = n
			r.Windows = append(slices.Clone(r.Windows), w)
		}
		for r := range was {
			if r >= n-2 && (r+n)%10 > 0 {
				add(&was[r])
			}
		}
		for r := range is {
			add(&is[r])
		}
	}
	got := compare(t, was[:16], is, policy)
	if got.Verdict == Pass || !strings.Contains(got.Words, "young") && got.Verdict != Regression {
		t.Errorf("%q: %s", got.Verdict, got.Words)
	}
}
