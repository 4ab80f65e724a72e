package matchers

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// comparison is what was found.
type comparison struct {
	outcome          record.Outcome
	text             string
	value, threshold float64 // of the metric that stands out most
	more             bool    // more samples can come, and can decide
}

func (c comparison) judgement(m *matchBaseline, n int) record.Judgement {
	return record.Judgement{
		Matcher: "MatchBaseline", Objective: m.short(), Outcome: c.outcome,
		Value: record.Float(c.value), Threshold: record.Float(c.threshold),
		Samples: n, Alpha: record.Float(m.alpha), LogE: record.Float(nan), Text: c.text,
	}
}

// undecidedComparison says why nothing could be compared.
func undecidedComparison(words string, args ...any) *comparison {
	return &comparison{outcome: record.Undecided, text: "undecided: " + fmt.Sprintf(words, args...), value: nan, threshold: nan}
}

func (m *matchBaseline) compare(windows []*probe.Window) (*comparison, error) {
	// This comes first because a poll asks often, and the baseline matters only at the end.
	if i := slices.IndexFunc(windows, grows); i >= 0 {
		c := undecidedComparison("the window still grows (%s so far), and whole loads are compared: wait for its end, as Eventually and Load do", samples(windows[i].N()))
		c.more = true
		return c, nil
	}
	now, err := summaries(windows)
	if err != nil {
		return nil, err
	}
	if len(m.accepted.Runs) == 0 {
		return undecidedComparison("no run is accepted: run `chaosgate run --collect` and `chaosgate baseline accept`, and commit the file"), nil
	}
	accepted, suite, err := acceptedOf(m.accepted.Runs, now[0])
	if err != nil {
		return nil, err
	}
	if len(accepted) == 0 {
		return undecidedComparison("no accepted run has this window: accept runs of the spec as it is now, under a text that no other spec has"), nil
	}
	runs := make([]baseline.Run, len(now))
	for i, w := range now {
		w.Suite = suite
		runs[i] = baseline.Run{Environment: baseline.Here(), Windows: []baseline.Window{w}}
	}
	found, err := baseline.Compare(accepted, runs, baseline.Policy{Alpha: float64(m.alpha), Limits: m.limits})
	if err != nil {
		return nil, err
	}
	c := m.describe(found)
	c.more = c.more && slices.ContainsFunc(windows, func(w *probe.Window) bool { return !w.Final() })
	return c, nil
}

// describe puts the comparison of the one window into words.
func (m *matchBaseline) describe(found baseline.Comparison) *comparison {
	switch {
	case found.Missing != "":
		return undecidedComparison("the baseline cannot be used here: %s", found.Missing)
	case len(found.Unfit) > 0:
		c := undecidedComparison("%s", found.Unfit[0].Words)
		c.more = found.Unfit[0].More
		return c
	case len(found.Young) > 0:
		young := found.Young[0]
		if young.Need == 0 {
			return undecidedComparison("with %s of now, no number of accepted runs can decide at alpha %s: give the windows of several runs, or choose a larger alpha",
				units.Plural(found.Candidates, "run"), units.Chosen(float64(m.alpha)))
		}
		return undecidedComparison("the window has %d of the %d accepted runs that %s of now needs at alpha %s: accept more",
			young.Have, young.Need, units.Plural(found.Candidates, "run"), units.Chosen(float64(m.alpha)))
	}
	first := slices.MinFunc(found.Metrics, func(a, b baseline.Metric) int { return cmp.Compare(a.P, b.P) })
	how := fmt.Sprintf("%s of %s against %s", units.Plural(len(found.Metrics), "metric"),
		units.Plural(found.Candidates, "run"), units.Plural(found.Accepted, "accepted run"))
	c := &comparison{outcome: found.Outcome}
	if worse := found.Worse(); len(worse) > 0 {
		first = worse[0]
		c.text = fmt.Sprintf("worse than the baseline: %s; %s, p %.2g at alpha %s", listed(worse), how, first.P, units.Chosen(float64(m.alpha)))
	} else {
		c.text = fmt.Sprintf("no metric is shown to be worse beyond its limit, and worse than this is ruled out with 95 %% confidence each: %s; %s", found.RulesOut(), how)
	}
	c.value, c.threshold = first.Now, first.Before
	return c
}

// listed are the metrics of one window, without its name.
func listed(metrics []baseline.Metric) string {
	words := make([]string, len(metrics))
	for i, metric := range metrics {
		words[i] = fmt.Sprintf("%s %s, usually %s, %s", metric.Title(), metric.Name.Say(metric.Now), metric.Name.Say(metric.Before), metric.By())
	}
	return strings.Join(words, "; ")
}
