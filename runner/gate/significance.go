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

// Kept is how many accepted runs a baseline holds unless told otherwise.
const Kept = 20

// most bounds the number of candidate runs that are recommended.
const most = 50

// tooFew says what these numbers of runs can show, and which would do: more
// accepted runs if a baseline can hold so many, or else more candidates too.
func (m Metric) tooFew(family int, alpha float64) string {
	would := "no number of runs would do: choose a larger alpha"
search:
	for candidates := m.candidates; candidates <= most; candidates++ {
		for accepted := m.accepted; accepted <= max(Kept, m.accepted); accepted++ {
			if stats.SmallestP(accepted, candidates)*float64(family) > alpha*rounding {
				continue
			}
			would = Plural(accepted, "accepted run") + " would do"
			if candidates > m.candidates {
				would = fmt.Sprintf("%d accepted and %s (--runs %d) would do", accepted, Plural(candidates, "candidate run"), candidates)
			}
			break search
		}
	}
	return fmt.Sprintf("inconclusive for the baseline: %d accepted and %s can reach p = %.2g, and %s at alpha %s need %.2g: %s",
		m.accepted, Plural(m.candidates, "candidate run"), float64(m.Reachable),
		Plural(family, "metric"), Percent(alpha), alpha/float64(family), would)
}
