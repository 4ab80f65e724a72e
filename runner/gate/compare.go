package gate

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Comparison is the candidate runs against the accepted ones.
type Comparison struct {
	// Verdict is Regression, Inconclusive, or Pass; empty where nothing was compared.
	Verdict Verdict `json:"verdict,omitempty"`
	// Words say the verdict, or why nothing was compared.
	Words string `json:"words"`
	// Accepted and Candidates are how many runs were compared.
	Accepted   int `json:"accepted"`
	Candidates int `json:"candidates"`
	// Metrics are those that could be compared, in the order of the candidates.
	Metrics []Metric `json:"metrics,omitempty"`
}

// Metric is one metric of one window, compared over runs.
type Metric struct {
	Spec   string `json:"spec"`
	Probe  string `json:"probe"`
	Number int    `json:"number"`
	// Name is "error rate", "p50", "p90" or "p99".
	Name string `json:"name"`
	// Baseline and Candidate are the medians over the runs.
	Baseline  record.Float `json:"baseline"`
	Candidate record.Float `json:"candidate"`
	// P is the probability of candidates that rank this high, or higher, if they
	// are no worse than the baseline and the margin.
	P record.Float `json:"p"`
	// Reachable is the smallest P that this many runs can show.
	Reachable record.Float `json:"reachable"`
	Regressed bool         `json:"regressed"`

	accepted, candidates int
}

// String says the metric in one line.
func (m Metric) String() string {
	return fmt.Sprintf("%s of %s: %s, baseline %s", m.Name, m.Probe, m.value(m.Candidate), m.value(m.Baseline))
}

func (m Metric) value(v record.Float) string {
	if m.Name == string(record.ErrorRate) {
		return Percent(float64(v))
	}
	return Seconds(float64(v))
}

// Compare tests for every metric that was accepted before whether the
// candidates are worse by more than the margin: the exact one-sided rank-sum
// test over whole runs, and Holm's correction over the metrics, so that Alpha
// bounds the chance of any false alarm. A better metric is never a regression.
// Accepted runs of another environment are left out.
func Compare(baseline record.Baseline, candidates []record.BaselineRun, policy Policy) (Comparison, error) {
	if len(candidates) == 0 {
		return Comparison{Words: "not compared with the baseline: no run was completed"}, nil
	}
	here := candidates[0].Environment
	accepted, foreign := here.Among(baseline.Runs)
	c := Comparison{Accepted: len(accepted), Candidates: len(candidates)}
	switch {
	case len(baseline.Runs) == 0:
		c.Words = "not compared with the baseline: it holds no run"
		return c, nil
	case len(accepted) == 0:
		c.Words = fmt.Sprintf("not compared with the baseline: it holds runs of another environment only (%s; this one is %s): accept runs of this one",
			foreign[len(foreign)-1].Environment, here)
		return c, nil
	}
	fresh, err := c.measure(accepted, candidates, policy)
	if err != nil {
		return Comparison{}, err
	}
	if err := c.decide(policy); err != nil {
		return Comparison{}, err
	}
	if fresh > 0 {
		c.Words += fmt.Sprintf("; not in the baseline yet: %s", Plural(fresh, "window"))
	}
	if len(foreign) > 0 {
		c.Words += fmt.Sprintf("; left out: %s of another environment", Plural(len(foreign), "accepted run"))
	}
	return c, nil
}

// measure fills the metrics and counts the windows that no accepted run has.
func (c *Comparison) measure(accepted, candidates []record.BaselineRun, policy Policy) (fresh int, err error) {
	was, is := byWindow(accepted), byWindow(candidates)
	for _, k := range sorted(is) {
		if len(was[k]) == 0 {
			fresh++
			continue
		}
		for _, metric := range record.BaselineMetrics() {
			before, now := values(was[k], metric), values(is[k], metric)
			test, err := stats.RankSum(before, now, policy.Margin)
			if err != nil {
				return 0, fmt.Errorf("compare %s of %s in %q: %w", metric, k.probe, k.spec, err)
			}
			c.Metrics = append(c.Metrics, Metric{
				Spec: k.spec, Probe: k.probe, Number: k.number, Name: string(metric),
				Baseline: record.Float(median(before)), Candidate: record.Float(median(now)),
				P: record.Float(test.P), Reachable: record.Float(test.SmallestP),
				accepted: len(before), candidates: len(now),
			})
		}
	}
	return fresh, nil
}

type window struct {
	spec, probe string
	number      int
}

func byWindow(runs []record.BaselineRun) map[window][]record.BaselineWindow {
	all := map[window][]record.BaselineWindow{}
	for _, run := range runs {
		for _, w := range run.Windows {
			k := window{w.Spec, w.Probe, w.Number}
			all[k] = append(all[k], w)
		}
	}
	return all
}

func sorted(windows map[window][]record.BaselineWindow) []window {
	keys := make([]window, 0, len(windows))
	for k := range windows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b window) int {
		return cmp.Or(cmp.Compare(a.spec, b.spec), cmp.Compare(a.probe, b.probe), cmp.Compare(a.number, b.number))
	})
	return keys
}

func values(windows []record.BaselineWindow, metric record.BaselineMetric) []float64 {
	all := make([]float64, len(windows))
	for n, w := range windows {
		all[n] = w.Value(metric)
	}
	return all
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	if n := len(s); n%2 == 0 {
		return s[n/2-1] + (s[n/2]-s[n/2-1])/2
	}
	return s[len(s)/2]
}
