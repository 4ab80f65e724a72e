package gate

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Comparison compares the candidate runs with the accepted ones.
type Comparison struct {
	// Verdict is Regression, Inconclusive or Pass. It is empty if nothing was compared.
	Verdict Verdict `json:"verdict,omitempty"`
	// Words explain the verdict, or why nothing was compared.
	Words string `json:"words"`
	// Accepted and Candidates count the runs that were compared.
	Accepted   int `json:"accepted"`
	Candidates int `json:"candidates"`
	// Metrics lists the metrics that could be compared, window by window.
	Metrics []Metric `json:"metrics,omitempty"`
}

// Metric is one metric of one window, compared over runs.
type Metric struct {
	Suite  string `json:"suite"`
	Spec   string `json:"spec"`
	Probe  string `json:"probe"`
	Number int    `json:"number"`
	// Name is "error rate", "p50", "p90" or "p99".
	Name string `json:"name"`
	// Baseline and Candidate are medians over the runs.
	Baseline  record.Float `json:"baseline"`
	Candidate record.Float `json:"candidate"`
	// P is the probability that candidates stand out this far in any metric although they
	// are no worse than the baseline by more than the margin.
	P record.Float `json:"p"`
	// Reachable is the smallest P that this many runs can show.
	Reachable record.Float `json:"reachable"`
	Regressed bool         `json:"regressed"`
	// More says by how much a regressed metric is worse.
	More string `json:"more,omitempty"`
}

// String describes the metric in one line, such as
// "p99 of GET /: 300ms, baseline 100ms".
func (m Metric) String() string {
	text := fmt.Sprintf("%s of %s: %s, baseline %s", m.Name, m.Probe, m.value(m.Candidate), m.value(m.Baseline))
	if m.More != "" {
		text += ", " + m.More
	}
	return text
}

func (m Metric) value(v record.Float) string {
	if m.Name == string(baseline.ErrorRate) {
		return units.Percent(float64(v))
	}
	return Seconds(float64(v))
}

// Compare tests whether the candidates are worse than the accepted runs by more than the
// margin. It looks at every metric of every window that the baseline knows; see
// baseline.Compare. A better metric is never a regression.
func Compare(accepted baseline.Baseline, candidates []baseline.Run, policy Policy) (Comparison, error) {
	found, err := baseline.Compare(accepted.Runs, candidates, baseline.Policy{Alpha: policy.Alpha, Margin: policy.Margin})
	if err != nil {
		return Comparison{}, fmt.Errorf("compare with the baseline: %w", err)
	}
	c := Comparison{Accepted: found.Accepted, Candidates: found.Candidates}
	for _, m := range found.Metrics {
		c.Metrics = append(c.Metrics, metric(m))
	}
	c.decide(found, policy)
	if n := len(found.New); n > 0 {
		c.Words += "; not in the baseline yet: " + units.Plural(n, "window")
	}
	if found.Foreign > 0 && found.Accepted > 0 {
		c.Words += fmt.Sprintf("; left out: %s of another environment", units.Plural(found.Foreign, "accepted run"))
	}
	return c, nil
}

func metric(m baseline.Metric) Metric {
	compared := Metric{
		Suite: m.Window.Suite, Spec: m.Window.Spec, Probe: m.Window.Probe, Number: m.Window.Number, Name: string(m.Name),
		Baseline: record.Float(stats.Median(m.Accepted)), Candidate: record.Float(stats.Median(m.Candidates)),
		P: record.Float(m.P), Reachable: record.Float(m.Reachable), Regressed: m.Regressed,
	}
	if m.Regressed {
		compared.More = m.More()
	}
	return compared
}

// decide sets the verdict and its words from what was found.
func (c *Comparison) decide(found baseline.Comparison, policy Policy) {
	compared := fmt.Sprintf("%s of %s against %s", units.Plural(len(c.Metrics), "metric"),
		units.Plural(c.Candidates, "run"), units.Plural(c.Accepted, "accepted run"))
	margin, worse := units.Chosen(policy.Margin), several(found.Worse())
	switch {
	case found.Missing != "":
		c.Words = "not compared with the baseline: " + found.Missing
		return
	case found.Outcome == record.Violated:
		c.Verdict = Regression
		c.Words = fmt.Sprintf("worse than the baseline by more than %s: %s; %s, at most %s false alarms over all metrics",
			margin, worse, compared, units.Chosen(policy.Alpha))
		return
	case found.Outcome == record.Kept:
		c.Verdict = Pass
		c.Words = fmt.Sprintf("no worse than the baseline by %s: %s", margin, compared)
		return
	}
	c.Verdict = Inconclusive
	var why []string
	if found.TooFew != nil {
		why = append(why, tooFew(*found.TooFew, policy.Alpha))
	}
	if n := len(found.Unfit); n > 0 {
		first := found.Unfit[0]
		why = append(why, fmt.Sprintf("%s cannot be compared: %s: %s", units.Plural(n, "window"), first.Window, first.Words))
	}
	if worse != "" {
		advice := ": measure more runs (--runs)"
		if found.TooFew != nil {
			advice = "" // tooFew says how many runs are enough
		}
		why = append(why, fmt.Sprintf("worse than every accepted run by more than %s, but not shown: %s%s", margin, worse, advice))
	}
	c.Words = "inconclusive for the baseline: " + strings.Join(why, "; ")
	if policy.Collect {
		c.Verdict = Pass
		c.Words += " (collecting: the verdict does not depend on it yet)"
	}
}

// several describes metrics: the first few in full, and the number of the others.
func several(metrics []baseline.Metric) string {
	const inFull = 5
	var words []string
	for n, m := range metrics {
		if n == inFull {
			words = append(words, fmt.Sprintf("and %d more", len(metrics)-inFull))
			break
		}
		words = append(words, fmt.Sprintf("%s (p = %.2g)", metric(m), m.P))
	}
	return strings.Join(words, "; ")
}

// Kept is the default for how many accepted runs a baseline holds.
const Kept = 20

// mostCandidates bounds how many candidate runs are recommended.
const mostCandidates = 50

// tooFew explains what this many runs can show, and how many would be enough. It asks for
// more accepted runs first, and for more candidates if a baseline cannot hold that many.
func tooFew(f baseline.TooFew, alpha float64) string {
	would := "no number of runs would be enough: choose a larger alpha"
	if accepted, candidates, ok := f.Enough(max(Kept, f.Accepted), mostCandidates); ok {
		would = units.Plural(max(accepted, f.Accepted), "accepted run") + " would be enough"
		if candidates > f.Candidates {
			would = fmt.Sprintf("%d accepted and %s (--runs %d) would be enough", max(accepted, f.Accepted), units.Plural(candidates, "candidate run"), candidates)
		}
	}
	needs := "alpha " + units.Chosen(alpha) + " needs"
	if f.Groups > 1 {
		needs = fmt.Sprintf("alpha %s, shared by %d groups of windows that different runs have, needs", units.Chosen(alpha), f.Groups)
	}
	return fmt.Sprintf("%d accepted and %s can reach p = %.2g, and %s %.2g: %s",
		f.Accepted, units.Plural(f.Candidates, "candidate run"), f.Reachable, needs, f.Needed, would)
}
