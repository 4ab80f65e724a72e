package gate

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// Comparison compares the candidate runs with the accepted ones.
type Comparison struct {
	// Verdict is Regression, Inconclusive or Pass. It is empty if nothing was compared because
	// there is no baseline yet, or a young one.
	Verdict Verdict `json:"verdict,omitempty"`
	// Words explain the verdict, or why nothing was compared.
	Words string `json:"words"`
	// Accepted and Candidates count the runs that were compared.
	Accepted   int `json:"accepted"`
	Candidates int `json:"candidates"`
	// Pairs counts the pairs that were compared, if the accepted runs are those of a reference.
	Pairs int `json:"pairs,omitempty"`
	// Metrics lists the metrics that could be compared, window by window.
	Metrics []Metric `json:"metrics,omitempty"`
}

// Metric is one metric of one window, compared over runs.
type Metric struct {
	Suite  string `json:"suite"`
	Spec   string `json:"spec"`
	Probe  string `json:"probe"`
	Number int    `json:"number"`
	// Name is "error rate", "p50", "p90", "p99" or "throughput". Class is the class of errors
	// that an error rate counts, if it does not count all.
	Name  string `json:"name"`
	Class string `json:"class,omitempty"`
	// Baseline is the usual value of the accepted runs, or of the reference's, and Candidate
	// that of these.
	Baseline  record.Float `json:"baseline"`
	Candidate record.Float `json:"candidate"`
	// Rise is by how much the metric is worse, as a share of the baseline, and of an error
	// rate as a difference. Low and High are its 90 % confidence interval.
	Rise record.Float `json:"rise"`
	Low  record.Float `json:"low"`
	High record.Float `json:"high"`
	// P is the probability that candidates stand out this far in any metric although they
	// are no worse than the baseline.
	P record.Float `json:"p"`
	// Builds is over how many of the last builds the metric is worse, if this run alone does
	// not show it.
	Builds    int  `json:"builds,omitempty"`
	Regressed bool `json:"regressed"`
	// Words describe the metric in one line.
	Words string `json:"words"`
}

// Title is the metric's name, with the class of errors.
func (m Metric) Title() string {
	return baseline.Metric{Name: baseline.MetricName(m.Name), Class: m.Class}.Title()
}

// Margins is by how many of its margins a metric is worse.
func (p Policy) Margins(m Metric) float64 {
	return float64(m.Rise) / max(p.Limits[baseline.MetricName(m.Name)].Margin, 1e-3)
}

// Compare tests whether the candidates are worse than the accepted runs by more than the
// limits. It looks at every metric of every window that the baseline knows; see
// baseline.Compare. A better metric is never a regression. A window of the accepted runs that
// did not come makes it inconclusive, unless it was left out.
func Compare(accepted baseline.Baseline, candidates []baseline.Run, policy Policy, leftOut func(baseline.Key) bool) (Comparison, error) {
	found, err := baseline.Compare(accepted.Runs, candidates, baseline.Policy{Alpha: policy.Alpha, Limits: policy.Limits, LeftOut: leftOut})
	if err != nil {
		return Comparison{}, fmt.Errorf("compare with the baseline: %w", err)
	}
	c := Comparison{Accepted: found.Accepted, Candidates: found.Candidates}
	for _, m := range found.Metrics {
		c.Metrics = append(c.Metrics, metric(m))
	}
	c.decide(found, policy)
	if found.Foreign > 0 && found.Accepted > 0 {
		c.Words += fmt.Sprintf("; left out: %s of another environment", units.Plural(found.Foreign, "accepted run"))
	}
	if len(found.Others) > 0 && len(found.Metrics) > 0 {
		c.Words += "; some accepted runs had another " + strings.Join(found.Others, ", and ")
	}
	return c, nil
}

func metric(m baseline.Metric) Metric {
	return Metric{
		Suite: m.Window.Suite, Spec: m.Window.Spec, Probe: m.Window.Probe, Number: m.Window.Number, Name: string(m.Name), Class: m.Class,
		Baseline: record.Float(m.Before), Candidate: record.Float(m.Now),
		Rise: record.Float(m.Rise), Low: record.Float(m.Low), High: record.Float(m.High),
		P: record.Float(m.P), Builds: m.Builds, Regressed: m.Regressed, Words: m.String(),
	}
}

// decide sets the verdict and its words from what was found.
func (c *Comparison) decide(found baseline.Comparison, policy Policy) {
	compared := fmt.Sprintf("%s of %s against %s", units.Plural(len(c.Metrics), "metric"),
		units.Plural(c.Candidates, "run"), units.Plural(c.Accepted, "accepted run"))
	lacks := lacking(found)
	switch {
	case found.Outcome == record.Violated:
		c.Verdict = Regression
		c.Words = fmt.Sprintf("worse than the baseline: %s; %s, at most %s false alarms over all metrics",
			several(found.Worse()), compared, units.Chosen(policy.Alpha))
		return
	case len(found.Worse()) > 0:
		c.Verdict = Inconclusive
		c.Words = fmt.Sprintf("inconclusive for the baseline: this machine calculates %.2g times slower than those of the accepted runs, so this says nothing about the build: %s; run again on a machine like theirs",
			found.Slower, several(found.Worse()))
		return
	case found.Missing != "" && found.Foreign == 0:
		c.Words = "not compared with the baseline: " + found.Missing
		return
	case found.Missing != "":
		c.Verdict = Inconclusive
		c.Words = "inconclusive for the baseline: " + found.Missing
	case found.Outcome == record.Kept:
		c.Verdict = Pass
		c.Words = fmt.Sprintf("no metric is shown to be worse than the baseline beyond its limit, and worse than this is ruled out with 95 %% confidence each: %s; %s", found.RulesOut(), compared)
		if len(lacks) > 0 {
			c.Words += "; " + strings.Join(lacks, "; ")
		}
		return
	case len(found.Unfit) == 0 && len(found.Vanished) == 0:
		c.Words = "not compared with the baseline yet: " + strings.Join(lacks, "; ")
		return
	default:
		c.Verdict = Inconclusive
		c.Words = "inconclusive for the baseline: " + strings.Join(lacks, "; ")
		if len(found.Metrics) > 0 {
			c.Words += "; the others are not shown to be worse: " + compared
		}
	}
	// Once there are enough runs, nothing is being collected any more.
	if policy.Collect && (found.Missing != "" || len(found.Young) > 0) {
		c.Verdict = Pass
		c.Words += " (collecting: the verdict does not depend on it yet)"
	}
}

// lacking says which windows were not compared, and what to do.
func lacking(found baseline.Comparison) []string {
	var why []string
	if n := len(found.Vanished); n > 0 {
		runs, advice := "accepted runs", "run the specs that measure it, or collect anew where they are gone on purpose"
		if found.Pairs > 0 {
			runs, advice = "reference", "measure it, or rename the spec where it is gone on purpose"
		}
		why = append(why, fmt.Sprintf("%s of the %s %s: %s: %s", units.Plural(n, "window"), runs, was(n, "did not come"), found.Vanished[0], advice))
	}
	if n := len(found.Unfit); n > 0 {
		why = append(why, fmt.Sprintf("%s cannot be compared: %s: %s", units.Plural(n, "window"), found.Unfit[0].Window, found.Unfit[0].Words))
	}
	if n := len(found.Young); n > 0 {
		why = append(why, fmt.Sprintf("%s %s young: %s", units.Plural(n, "window"), was(n, "is"), found.Young[0]))
	}
	if n := len(found.New); n > 0 {
		why = append(why, fmt.Sprintf("%s %s new, and not compared: %s", units.Plural(n, "window"), was(n, "is"), found.New[0]))
	}
	return why
}

// was puts a verb into the plural where it has one.
func was(n int, verb string) string {
	if n > 1 && verb == "is" {
		return "are"
	}
	return verb
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
		words = append(words, fmt.Sprintf("%s (p = %.2g)", m, m.P))
	}
	return strings.Join(words, "; ")
}
