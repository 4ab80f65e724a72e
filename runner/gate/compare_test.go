package gate

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

var (
	here   = record.Environment{OS: "linux", Arch: "amd64", CPUs: 2, Kernel: "6.18.5", Go: "go1.26.8"}
	policy = Policy{Alpha: .05, Margin: .1}
)

// accepted is runs of one window whose 99th percentile is given in seconds.
func accepted(p99 ...float64) []record.BaselineRun {
	var runs []record.BaselineRun
	for n, v := range p99 {
		runs = append(runs, record.BaselineRun{
			Started: time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC), Environment: here,
			Windows: []record.BaselineWindow{{Spec: "shop: sells", Probe: "GET /", Number: 1, Count: 500, P50: .01, P90: .02, P99: record.Float(v)}},
		})
	}
	return runs
}

var ten = accepted(.100, .101, .102, .103, .104, .105, .106, .107, .108, .109)

func compare(t *testing.T, was, is []record.BaselineRun, p Policy) Comparison {
	t.Helper()
	c, err := Compare(record.Baseline{Schema: record.BaselineSchema, Runs: was}, is, p)
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
		was, is []record.BaselineRun
		policy  Policy
		want    Verdict
		words   string
	}{
		"the same":                       {ten, accepted(.1, .105, .109), policy, Pass, "no worse than the baseline by 10 %: 4 metrics of 3 runs against 10 accepted runs"},
		"faster":                         {ten, accepted(.01, .01, .01), policy, Pass, "no worse"},
		"slower within the margin":       {ten, accepted(.110, .111, .112), policy, Pass, "no worse"},
		"slower than nothing":            {ten, accepted(.110, .111, .112), tight, Regression, "worse than the baseline by more than 0 %: p99 of GET /: 111ms, baseline 104.5ms"},
		"slower than the margin":         {ten, accepted(.150, .151, .152), policy, Regression, "(p = 0.014); 4 metrics of 3 runs against 10 accepted runs, at most 5 % false alarms"},
		"slower once":                    {ten, accepted(.1, .1, 9), policy, Pass, "no worse"},
		"no answer any more":             {ten, accepted(none, none, none), policy, Regression, "p99 of GET /: none, baseline 104.5ms"},
		"no answer ever":                 {accepted(none, none, none, none, none, none, none, none, none, none), accepted(none, none, none), policy, Pass, "no worse"},
		"an answer at last":              {accepted(none, none, none, none, none, none, none, none, none, none), accepted(.1, .1, .1), policy, Pass, "no worse"},
		"too few runs":                   {ten, accepted(9), policy, Inconclusive, "10 accepted and 1 candidate run can reach p = 0.091, and 4 metrics at alpha 5 % need 0.013: 12 accepted and 2 candidate runs (--runs 2) would do"},
		"too few accepted":               {ten[:4], accepted(9, 9, 9), policy, Inconclusive, "4 accepted and 3 candidate runs can reach p = 0.029, and 4 metrics at alpha 5 % need 0.013: 6 accepted runs would do"},
		"too few while collecting":       {ten, accepted(9), collect, Pass, "would do (collecting: the verdict does not depend on it yet)"},
		"worse while collecting":         {ten, accepted(9, 9, 9), collect, Regression, "worse than the baseline"},
		"no run accepted":                {nil, accepted(.1), policy, "", "not compared with the baseline: it holds no run"},
		"no run made":                    {ten, nil, policy, "", "not compared with the baseline: no run was completed"},
		"only of another environment":    {elsewhere, accepted(9, 9, 9), policy, "", "it holds runs of another environment only (linux/amd64, 64 CPUs"},
		"partly of another environment":  {append(elsewhere, ten...), accepted(.1, .1, .1), policy, Pass, "against 10 accepted runs; left out: 3 accepted runs of another environment"},
		"only windows that are new":      {ten, other, policy, "", "no window of these runs is in it; not in the baseline yet: 1 window"},
		"no number of runs is enough":    {ten, accepted(.1), Policy{Alpha: 1e-300, Margin: .1}, Inconclusive, "no number of runs would do: choose a larger alpha"},
		"a baseline longer than is kept": {accepted(make([]float64, 40)...), accepted(9), policy, Inconclusive, "40 accepted and 2 candidate runs (--runs 2) would do"},
	} {
		t.Run(name, func(t *testing.T) {
			got := compare(t, c.was, c.is, c.policy)
			if got.Verdict != c.want || !strings.Contains(got.Words, c.words) {
				t.Errorf("%q: %s\nwant %q: %s", got.Verdict, got.Words, c.want, c.words)
			}
		})
	}
}

func TestHolmCountsAllMetrics(t *testing.T) {
	// 10 and 3 runs reach 1/286: enough for 14 metrics at 5 %, not for 15.
	widen := func(runs []record.BaselineRun, windows int) []record.BaselineRun {
		var wide []record.BaselineRun
		for _, run := range runs {
			first := run.Windows[0]
			for n := 2; n <= windows; n++ {
				more := first
				more.Number = n
				more.P99 = .1
				run.Windows = append(run.Windows[:n-1:n-1], more)
			}
			wide = append(wide, run)
		}
		return wide
	}
	slow := accepted(9, 9, 9)
	if c := compare(t, widen(ten, 3), widen(slow, 3), policy); c.Verdict != Regression {
		t.Errorf("12 metrics: %q, want a regression: %s", c.Verdict, c.Words)
	}
	if c := compare(t, widen(ten, 4), widen(slow, 4), policy); c.Verdict != Inconclusive {
		t.Errorf("16 metrics: %q, want inconclusive: %s", c.Verdict, c.Words)
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
		change func(*record.Environment)
		want   bool
	}{
		{func(*record.Environment) {}, true},
		{func(e *record.Environment) { e.Kernel = "6.18.99-cloud" }, true},
		{func(e *record.Environment) { e.Go = "go1.26.0" }, true},
		{func(e *record.Environment) { e.Kernel = "6.1.5" }, false},
		{func(e *record.Environment) { e.Go = "go1.27.0" }, false},
		{func(e *record.Environment) { e.CPUs = 4 }, false},
		{func(e *record.Environment) { e.Arch = "arm64" }, false},
		{func(e *record.Environment) { e.OS = "darwin" }, false},
		{func(e *record.Environment) { e.Kernel = "unknown" }, false},
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
