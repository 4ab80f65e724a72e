package gate

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// rounding absorbs the last digits of probabilities that are counted in
// different ways.
const rounding = 1 + 1e-9

// decide corrects for the number of metrics and says what was found.
func (c *Comparison) decide(policy Policy) error {
	if len(c.Metrics) == 0 {
		c.Words = "not compared with the baseline: no window of these runs is in it"
		return nil
	}
	p := make([]float64, len(c.Metrics))
	for n, m := range c.Metrics {
		p[n] = float64(m.P)
	}
	adjusted, err := stats.Holm(p)
	if err != nil {
		return fmt.Errorf("compare with the baseline: %w", err)
	}
	var worse []string
	weakest := c.Metrics[0]
	for n := range c.Metrics {
		m := &c.Metrics[n]
		if m.Regressed = adjusted[n] <= policy.Alpha*rounding; m.Regressed {
			worse = append(worse, fmt.Sprintf("%s (p = %.2g)", m, adjusted[n]))
		}
		if m.Reachable > weakest.Reachable {
			weakest = *m
		}
	}
	compared := fmt.Sprintf("%s of %s against %s", Plural(len(c.Metrics), "metric"),
		Plural(c.Candidates, "run"), Plural(c.Accepted, "accepted run"))
	switch {
	case len(worse) > 0:
		c.Verdict = Regression
		c.Words = fmt.Sprintf("worse than the baseline by more than %s: %s; %s, at most %s false alarms over all metrics",
			Percent(policy.Margin), strings.Join(worse, "; "), compared, Percent(policy.Alpha))
	case float64(weakest.Reachable)*float64(len(c.Metrics)) > policy.Alpha*rounding:
		c.Verdict = Inconclusive
		c.Words = weakest.tooFew(len(c.Metrics), policy.Alpha)
		if policy.Collect {
			c.Verdict = Pass
			c.Words += " (collecting: the verdict does not depend on it yet)"
		}
	default:
		c.Verdict = Pass
		c.Words = fmt.Sprintf("no worse than the baseline by %s: %s", Percent(policy.Margin), compared)
	}
	return nil
}

// enough bounds the search for a number of runs that would do.
const enough = 1000

// tooFew says what these numbers of runs can show, and how many would do.
func (m Metric) tooFew(family int, alpha float64) string {
	reachable := func(accepted, candidates int) bool {
		return stats.SmallestP(accepted, candidates)*float64(family) <= alpha*rounding
	}
	accepted, candidates := m.accepted, m.candidates
	for accepted < enough && !reachable(accepted, m.candidates) {
		accepted++
	}
	for candidates < enough && !reachable(m.accepted, candidates) {
		candidates++
	}
	var ways []string
	if accepted < enough {
		ways = append(ways, Plural(accepted, "accepted run"))
	}
	if candidates < enough {
		ways = append(ways, Plural(candidates, "candidate run")+fmt.Sprintf(" (--runs %d)", candidates))
	}
	would := "no number of runs would do: choose a larger alpha"
	if len(ways) > 0 {
		would = strings.Join(ways, " or ") + " would do"
	}
	return fmt.Sprintf("inconclusive for the baseline: %d accepted and %s can reach p = %.2g, and %s at alpha %s need %.2g: %s",
		m.accepted, Plural(m.candidates, "candidate run"), float64(m.Reachable),
		Plural(family, "metric"), Percent(alpha), alpha/float64(family), would)
}
