package gate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

var (
	here   = baseline.Environment{OS: "linux", Arch: "amd64", CPUs: 2, Kernel: "6.18.5", Go: "go1.26.8"}
	policy = Policy{Alpha: .05, Margin: .1}
)

// accepted makes runs of one window with these 99th percentiles, in seconds.
func accepted(p99 ...float64) []baseline.Run {
	var runs []baseline.Run
	for n, v := range p99 {
		runs = append(runs, baseline.Run{
			Started: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC), Environment: here,
			Windows: []baseline.Window{{Suite: "shop", Spec: "sells", Probe: "GET /", Number: 1, Count: 500, P50: .01, P90: .02, P99: record.Float(v)}},
		})
	}
	return runs
}

var ten = accepted(.100, .101, .102, .103, .104, .105, .106, .107, .108, .109)

func compare(t *testing.T, was, is []baseline.Run, p Policy) Comparison {
	t.Helper()
	c, err := Compare(baseline.Baseline{Schema: baseline.Schema, Runs: was}, is, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompare(t *testing.T) {
	none := math.NaN()
	collect := policy
	collect.Collect = true
	tight := policy
	tight.Margin = 0
	elsewhere := accepted(.1, .1, .1)
	for n := range elsewhere {
		elsewhere[n].Environment.CPUs = 64
	}
	other := accepted(.1)
	other[0].Windows[0].Probe = "GET /other"
	for name, c := range map[string]struct {
		was, is []baseline.Run
		policy  Policy
		want    Verdict
		words   string
	}{
		"the same":                       {ten, accepted(.1, .105, .109), policy, Pass, "no worse than the baseline by 10 %: 4 metrics of 3 runs against 10 accepted runs"},
		"faster":                         {ten, accepted(.01, .01, .01), policy, Pass, "no worse"},
		"slower within the margin":       {ten, accepted(.110, .111, .112), policy, Pass, "no worse"},
		"slower than nothing":            {ten, accepted(.110, .111, .112), tight, Regression, "worse than the baseline by more than 0 %: p99 of GET /: 111ms, baseline 104.5ms"},
		"slower than the margin":         {ten, accepted(.150, .151, .152), policy, Regression, "p99 of GET /: 151ms, baseline 104.5ms, 46.5ms more (43ms to 50ms with 95 % confidence) (p = 0.0035); 4 metrics of 3 runs against 10 accepted runs, at most 5 % false alarms"},
		"slower once":                    {ten, accepted(.1, .1, 9), policy, Pass, "no worse"},
		"no answer any more":             {ten, accepted(none, none, none), policy, Regression, "p99 of GET /: none, baseline 104.5ms"},
		"no answer ever":                 {accepted(none, none, none, none, none, none, none, none, none, none), accepted(none, none, none), policy, Pass, "no worse"},
		"an answer at last":              {accepted(none, none, none, none, none, none, none, none, none, none), accepted(.1, .1, .1), policy, Pass, "no worse"},
		"too few runs":                   {ten, accepted(9), policy, Inconclusive, "10 accepted and 1 candidate run can reach p = 0.091, and alpha 5 % needs 0.05: 19 accepted runs would be enough; worse than every accepted run by more than 10 %, but not shown: p99 of GET /: 9s, baseline 104.5ms (p = 0.091)"},
		"too few accepted":               {ten[:2], accepted(9, 9, 9), policy, Inconclusive, "2 accepted and 3 candidate runs can reach p = 0.1, and alpha 5 % needs 0.05: 3 accepted runs would be enough"},
		"few that suffice":               {ten[:4], accepted(9, 9, 9), policy, Regression, "p99 of GET /: 9s, baseline 101.5ms, 8.9s more (p = 0.029)"},
		"too few while collecting":       {ten, accepted(9), collect, Pass, "19 accepted runs would be enough; worse than every accepted run by more than 10 %, but not shown: p99 of GET /: 9s, baseline 104.5ms (p = 0.091) (collecting: the verdict does not depend on it yet)"},
		"worse while collecting":         {ten, accepted(9, 9, 9), collect, Regression, "worse than the baseline"},
		"no run accepted":                {nil, accepted(.1), policy, "", "not compared with the baseline: it holds no run"},
		"no run made":                    {ten, nil, policy, "", "not compared with the baseline: no run was completed"},
		"only of another environment":    {elsewhere, accepted(9, 9, 9), policy, "", "it holds runs of another environment only (linux/amd64, 64 CPUs"},
		"partly of another environment":  {append(elsewhere, ten...), accepted(.1, .1, .1), policy, Pass, "against 10 accepted runs; left out: 3 accepted runs of another environment"},
		"only windows that are new":      {ten, other, policy, "", "no window of these runs is in it; not in the baseline yet: 1 window"},
		"no number of runs is enough":    {ten, accepted(.1), Policy{Alpha: 1e-300, Margin: .1}, Inconclusive, "no number of runs would be enough: choose a larger alpha"},
		"a baseline longer than is kept": {accepted(make([]float64, 40)...), accepted(9), Policy{Alpha: .02}, Inconclusive, "40 accepted and 2 candidate runs (--runs 2) would be enough"},
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
		var wide []baseline.Run
		for r, run := range runs {
			first := run.Windows[0]
			for n := 2; n <= windows; n++ {
				more := first
				more.Number, more.P99 = n, record.Float(.1+.001*float64((r*n)%7))
				run.Windows = append(run.Windows[:n-1:n-1], more)
			}
			wide = append(wide, run)
		}
		return wide
	}
	slow := accepted(9, 9, 9)
	for _, windows := range []int{3, 60} {
		c := compare(t, widen(ten, windows), widen(slow, windows), policy)
		if c.Verdict != Regression || len(c.Metrics) != 4*windows {
			t.Errorf("%d windows: %q, want a regression: %s", windows, c.Verdict, c.Words)
		}
		for n, m := range c.Metrics {
			if m.Regressed != (n == 3) {
				t.Errorf("%d windows: window %d, %s: regressed %v", windows, m.Number, m, m.Regressed)
			}
		}
	}
}

// A run that is worse than every accepted run, without proof, neither passes nor regresses.
func TestBeyondEveryAcceptedRunIsInconclusive(t *testing.T) {
	nineteen := accepted(.100, .101, .102, .103, .104, .105, .106, .107, .108, .109, .100, .101, .102, .103, .104, .105, .106, .107, .3)
	for p99, want := range map[float64]Verdict{.105: Pass, .2: Pass, .329: Pass, .34: Regression} {
		if c := compare(t, nineteen, accepted(p99), policy); c.Verdict != want {
			t.Errorf("p99 %v: %q, want %q: %s", p99, c.Verdict, want, c.Words)
		}
	}
	strict := Policy{Alpha: .01, Margin: .1}
	c := compare(t, ten, accepted(.1, 9), strict)
	if c.Verdict != Inconclusive || !strings.Contains(c.Words, "worse than every accepted run by more than 10 %, but not shown: p99 of GET /: 4.55s, baseline 104.5ms") {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
}

// The gate refuses the windows that MatchBaseline refuses.
func TestWindowsThatCannotBeComparedAreInconclusive(t *testing.T) {
	few, none := accepted(.1, .1, .1), record.Float(math.NaN())
	few[1].Windows[0].Count = 20
	dead := accepted(.1, .1, .1, .1, .1, .1, .1, .1, .1, .1)
	for n := range 2 {
		w := &dead[3+n].Windows[0]
		w.ErrorRate, w.P50, w.P90, w.P99 = 1, none, none, none
	}
	for want, c := range map[string][2][]baseline.Run{
		`1 window cannot be compared: window 1 of GET / in "sells" of the suite shop: the window has 20 samples, and 500 are usual in the accepted runs`: {ten, few},
		"all samples of this window failed in 2 of 10 accepted runs (the first started at 2026-01-01T00:03:00Z)":                                         {dead, accepted(9, 9, 9)},
	} {
		got := compare(t, c[0], c[1], policy)
		if got.Verdict != Inconclusive || !strings.Contains(got.Words, want) {
			t.Errorf("%q: %s\nwant %s", got.Verdict, got.Words, want)
		}
		collect := policy
		collect.Collect = true
		if got := compare(t, c[0], c[1], collect); got.Verdict != Pass {
			t.Errorf("collecting: %q: %s", got.Verdict, got.Words)
		}
	}
}

// Windows that different runs have are compared separately, and share alpha.
func TestWindowsOfDifferentRunsAreComparedSeparately(t *testing.T) {
	was, is := accepted(.100, .101, .102, .103, .104, .105, .106, .107, .108, .109), accepted(9, 9, 9)
	add := func(run *baseline.Run) {
		more := run.Windows[0]
		more.Number, more.P99 = 2, .1
		run.Windows = append(run.Windows, more)
	}
	for n := range 4 {
		add(&was[6+n])
	}
	for n := range is {
		add(&is[n])
	}
	if c := compare(t, was, is, policy); c.Verdict != Regression || !strings.Contains(c.Words, "p99 of GET /: 9s, baseline 104.5ms, 8.9s more (8.89s to 8.9s with 95 % confidence) (p = 0.007)") {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
	for n := range is {
		is[n].Windows[0].P99 = .1
	}
	c := compare(t, was, is, policy)
	if want := "4 accepted and 3 candidate runs can reach p = 0.029, and alpha 5 %, shared by 2 groups of windows that different runs have, needs 0.025: 5 accepted runs would be enough"; c.Verdict != Inconclusive || !strings.Contains(c.Words, want) {
		t.Errorf("%q: %s\nwant %s", c.Verdict, c.Words, want)
	}
}

func TestErrorRatesAreCompared(t *testing.T) {
	worse := accepted(.1, .1, .1)
	for n := range worse {
		worse[n].Windows[0].ErrorRate = .02
	}
	c := compare(t, ten, worse, policy)
	if c.Verdict != Regression || !strings.Contains(c.Words, "error rate of GET /: 2 %, baseline 0 %") {
		t.Errorf("%q: %s", c.Verdict, c.Words)
	}
	for _, m := range c.Metrics {
		if m.Regressed != (m.Name == "error rate") {
			t.Errorf("%s: regressed %v", m, m.Regressed)
		}
	}
}

func TestComparable(t *testing.T) {
	for _, c := range []struct {
		change func(*baseline.Environment)
		want   bool
	}{
		{func(*baseline.Environment) {}, true},
		{func(e *baseline.Environment) { e.Kernel = "6.18.99-cloud" }, true},
		{func(e *baseline.Environment) { e.Go = "go1.26.0" }, true},
		{func(e *baseline.Environment) { e.Kernel = "6.1.5" }, false},
		{func(e *baseline.Environment) { e.Go = "go1.27.0" }, false},
		{func(e *baseline.Environment) { e.CPUs = 4 }, false},
		{func(e *baseline.Environment) { e.Arch = "arm64" }, false},
		{func(e *baseline.Environment) { e.OS = "darwin" }, false},
		{func(e *baseline.Environment) { e.Kernel = "unknown" }, false},
	} {
		other := here
		c.change(&other)
		if here.Comparable(other) != c.want || other.Comparable(here) != c.want {
			t.Errorf("%s and %s: want comparable %v", here, other, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, p := range []Policy{{Alpha: 0}, {Alpha: 1}, {Alpha: math.NaN()}, {Alpha: .05, Margin: -.1}, {Alpha: .05, Margin: math.Inf(1)}} {
		if p.Validate() == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
	if err := policy.Validate(); err != nil {
		t.Error(err)
	}
}
