package matchers

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/matchers/stats"
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
	found, err := baseline.Compare(accepted, runs, baseline.Policy{Alpha: float64(m.alpha), Margin: float64(m.margin)})
	if err != nil {
		return nil, err
	}
	c := m.describe(found)
	c.more = c.more && slices.ContainsFunc(windows, func(w *probe.Window) bool { return !w.Final() })
	return c, nil
}

// mostAccepted is more runs than a team would accept.
const mostAccepted = 500

// describe puts the comparison of the one window into words.
func (m *matchBaseline) describe(found baseline.Comparison) *comparison {
	switch {
	case found.Missing != "":
		return undecidedComparison("the baseline cannot be used here: %s", found.Missing)
	case len(found.Unfit) > 0:
		c := undecidedComparison("%s", found.Unfit[0].Words)
		c.more = found.Unfit[0].More
		return c
	case found.TooFew != nil:
		few := found.TooFew
		would := fmt.Sprintf("no number of accepted runs up to %d would do: give the windows of several runs, or choose a larger alpha", mostAccepted)
		if n, _, ok := few.Enough(mostAccepted, few.Candidates); ok {
			would = fmt.Sprintf("%d accepted runs would do", n)
		}
		return undecidedComparison("%d accepted runs of this window and %d of now can reach p = %.2g, and alpha %s needs %.2g: %s",
			few.Accepted, few.Candidates, few.Reachable, units.Chosen(float64(m.alpha)), few.Needed, would)
	}
	first := slices.MinFunc(found.Metrics, func(a, b baseline.Metric) int { return cmp.Compare(a.P, b.P) })
	if worse := found.Worse(); len(worse) > 0 {
		first = worse[0]
	}
	margin := units.Chosen(float64(m.margin))
	what := fmt.Sprintf("%s %s, in %d accepted runs %s", first.Name, first.Now(), len(first.Accepted), first.Before())
	how := fmt.Sprintf("p %.2g at alpha %s over %d metrics", first.P, units.Chosen(float64(m.alpha)), len(found.Metrics))
	if more := first.More(); more != "" && found.Outcome != record.Kept {
		what += ", " + more
	}
	c := &comparison{outcome: found.Outcome, value: stats.Median(first.Candidates), threshold: stats.Median(first.Accepted) * (1 + float64(m.margin))}
	switch found.Outcome {
	case record.Violated:
		c.text = fmt.Sprintf("worse by more than %s: %s: %s", margin, what, how)
	case record.Kept:
		c.text = fmt.Sprintf("no metric is worse than every accepted run by more than %s: %s: %s", margin, what, how)
	default:
		c.text = fmt.Sprintf("undecided: worse than every accepted run by more than %s, but not shown: %s: %s: give the windows of several runs", margin, what, how)
	}
	return c
}
