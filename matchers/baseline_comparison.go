package matchers

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// comparison is what was found.
type comparison struct {
	outcome          record.Outcome
	text             string
	value, threshold float64 // of the metric that differs most
	more             bool    // more samples can come, and can decide
}

func (c comparison) judgement(m *matchBaseline, n int) record.Judgement {
	return record.Judgement{
		Matcher: "MatchBaseline", Objective: m.short(), Outcome: c.outcome,
		Value: record.Float(c.value), Threshold: record.Float(c.threshold),
		Samples: n, Alpha: record.Float(m.alpha), LogE: record.Float(nan), Text: c.text,
	}
}

// undecidedComparison is one that could not be made, in words.
func undecidedComparison(words string, args ...any) *comparison {
	return &comparison{outcome: record.Undecided, text: "undecided: " + fmt.Sprintf(words, args...), value: nan, threshold: nan}
}

func (m *matchBaseline) compare(windows []*probe.Window) (*comparison, error) {
	// First, because a poll asks often, and what is in the file matters at the end.
	if i := slices.IndexFunc(windows, grows); i >= 0 {
		c := undecidedComparison("the window still grows (%s so far), and whole loads are compared: wait for its end, as Eventually and Load do", samples(windows[i].N()))
		c.more = true
		return c, nil
	}
	now, err := summaries(windows)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(m.path)
	if os.IsNotExist(err) {
		return undecidedComparison("there is no such file: run `chaosgate run --collect` and `chaosgate baseline accept`, and commit it"), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	baseline, err := record.ParseBaseline(data)
	if _, ok := errors.AsType[*record.SchemaError](err); err != nil && !ok {
		err = fmt.Errorf("%w: repair the file, or delete it and collect anew", err)
	}
	if err != nil {
		return nil, err
	}
	here, foreign := record.Here().Among(baseline.Runs)
	if len(here) == 0 && len(foreign) > 0 {
		return undecidedComparison("the baseline holds runs of another environment only (%s; this one is %s): accept runs of this one",
			foreign[len(foreign)-1].Environment, record.Here()), nil
	}
	accepted, of, err := acceptedOf(here, now[0])
	if err != nil {
		return nil, err
	}
	if c := m.unfit(accepted, of, now); c != nil {
		c.more = c.more && slices.ContainsFunc(windows, func(w *probe.Window) bool { return !w.Final() })
		return c, nil
	}
	return m.test(accepted, now)
}

// unfit says in what way the accepted runs and those of now cannot be compared,
// nil where they can.
func (m *matchBaseline) unfit(accepted []record.BaselineWindow, of []record.BaselineRun, now []record.BaselineWindow) *comparison {
	// One suffices: a run without an answer is slower than any, so it would hide
	// one that is slow or dead.
	dead := func(w record.BaselineWindow) bool { return math.IsInf(w.Value(record.P50), 1) }
	if first := slices.IndexFunc(accepted, dead); first >= 0 {
		n := len(accepted) - len(slices.DeleteFunc(slices.Clone(accepted), dead))
		return undecidedComparison("all samples of this window failed in %d of %d accepted runs, the first of which started at %s: there is nothing to match: take those out of the file, and accept runs of a live service",
			n, len(accepted), of[first].Started.Format(time.RFC3339))
	}
	if len(accepted) == 0 {
		return undecidedComparison("no accepted run has this window: accept runs of the spec as it is now, which shares its text with no other: %s", acceptedFor(len(now), float64(m.alpha)))
	}
	if p := stats.SmallestP(len(accepted), len(now)); p > float64(m.alpha)*rounding {
		return undecidedComparison("%d accepted runs of this window and %d of now can reach p = %.2g, and alpha %s needs %.2g: %s",
			len(accepted), len(now), p, percent(float64(m.alpha)), float64(m.alpha), acceptedFor(len(now), float64(m.alpha)))
	}
	return unlikeSizes(accepted, now)
}

// unlikeSizes says that the windows have too few samples for the accepted ones, or
// too many. What single requests add to a rate or a quantile scatters more with
// fewer samples, 1.4 times as much with half of them: simulated at alpha 5 % the
// default margin still hides that (4 % of healthy windows fail), and hides no more;
// without a margin 12 % do. More samples scatter less, which does no harm unless so
// few were accepted that their p99 is a maximum, which grows with the samples.
func unlikeSizes(accepted, now []record.BaselineWindow) *comparison {
	was, is := counts(accepted), counts(now)
	usual, fewest, most := was[len(was)/2], is[0], is[len(is)-1]
	const advice = "load as the accepted runs did, or collect anew"
	switch {
	case 2*fewest < usual:
		c := undecidedComparison("the window has %s, and %d are usual in the accepted runs: fewer than half as many cannot be compared: %s", samples(fewest), usual, advice)
		c.more = true
		return c
	case usual < maximal && most > 2*usual:
		return undecidedComparison("the window has %s, and %d are usual in the accepted runs: the p99 of fewer than %d samples is their slowest, which is slower of more than twice as many: %s", samples(most), usual, maximal, advice)
	}
	return nil
}

// maximal is the number of samples below which their p99 is their maximum.
const maximal = 100

// counts are the numbers of samples, the smallest first. The middle one is usual:
// no single run that was cut short changes it.
func counts(windows []record.BaselineWindow) []int {
	all := make([]int, len(windows))
	for i, w := range windows {
		all[i] = w.Count
	}
	slices.Sort(all)
	return all
}

// rounding absorbs the last digits of probabilities that are counted in
// different ways.
const rounding = 1 + 1e-9

// mostAccepted is more runs than anybody accepts, and few enough for
// stats.CompareRuns to count.
const mostAccepted = 500

// acceptedFor says how many accepted runs can show anything at level alpha.
func acceptedFor(now int, alpha float64) string {
	for accepted := 1; accepted <= mostAccepted; accepted++ {
		if stats.SmallestP(accepted, now) <= alpha*rounding {
			return fmt.Sprintf("%d accepted runs would do", accepted)
		}
	}
	return fmt.Sprintf("no number of accepted runs up to %d would do: give the windows of several runs, or choose a larger alpha", mostAccepted)
}

func (m *matchBaseline) test(accepted, now []record.BaselineWindow) (*comparison, error) {
	metrics := record.BaselineMetrics()
	values := func(windows []record.BaselineWindow) [][]float64 {
		rows := make([][]float64, len(windows))
		for i, w := range windows {
			for _, metric := range metrics {
				rows[i] = append(rows[i], w.Value(metric))
			}
		}
		return rows
	}
	result, err := stats.CompareRuns(values(accepted), values(now), float64(m.margin))
	if err != nil {
		return nil, err
	}
	worst := metrics[result.Order[0]]
	was, is := spread(accepted, worst), spread(now, worst)
	c := comparison{outcome: record.Kept, value: is.middle, threshold: was.middle * (1 + float64(m.margin))}
	says := "no metric is worse by more than"
	if result.P <= float64(m.alpha)*rounding {
		c.outcome, says = record.Violated, "worse by more than"
	}
	c.text = fmt.Sprintf("%s %s: %s %s, in %d accepted runs %s: p %.2g at alpha %s over %d metrics",
		says, percent(float64(m.margin)), worst, is, len(accepted), was, result.P, percent(float64(m.alpha)), len(metrics))
	return &c, nil
}
