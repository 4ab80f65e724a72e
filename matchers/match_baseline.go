package matchers

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// BaselineOption changes how MatchBaseline compares: Alpha and Margin are some.
type BaselineOption interface{ applyBaseline(*matchBaseline) }

func (a AlphaOption) applyBaseline(m *matchBaseline) { m.alpha = a }

func (m MarginOption) applyBaseline(b *matchBaseline) { b.margin = m }

// defaultBaselineMargin is the chaosgate command's, too.
const defaultBaselineMargin = MarginOption(0.10)

// MatchBaseline succeeds when a *probe.Window is no worse than the same window of
// the accepted runs in a baseline file, which `chaosgate baseline accept` writes:
//
//	Expect(sold).To(MatchBaseline("../chaosgate-baseline.json"))
//
// The window is found by its spec, its probe, and which of the probe's windows
// in the spec it is. Error rate, p50, p90 and p99 are compared at once, run
// against run, by the exact test of stats.CompareRuns, after the accepted ones
// were raised by Margin (10 % otherwise): a window that is no worse fails with a
// probability of at most Alpha. With one window 19 accepted runs are needed for
// alpha 5 %. A []*probe.Window, each of a run of its own, in which everything was
// started anew, needs fewer: of three, 3 accepted runs suffice.
//
// Without a baseline, with too few accepted runs or with those of another
// environment only it is undecided, which is an error in either polarity; under
// `chaosgate run --collect`, which collects the first runs, it is recorded as
// undecided and does not fail.
func MatchBaseline(path string, options ...BaselineOption) types.GomegaMatcher {
	m := &matchBaseline{path: path, alpha: DefaultAlpha, margin: defaultBaselineMargin, collecting: os.Getenv(record.CollectVariable) != ""}
	for _, option := range options {
		option.applyBaseline(m)
	}
	m.invalid = errors.Join(m.alpha.validate(), m.margin.validate())
	return m
}

type matchBaseline struct {
	path       string
	alpha      AlphaOption
	margin     MarginOption
	collecting bool
	invalid    error
}

func (m *matchBaseline) Match(actual any) (bool, error) {
	windows, err := m.windows(actual)
	if err == nil {
		err = m.invalid
	}
	if err != nil {
		return false, fmt.Errorf("MatchBaseline(%q): %w", m.path, err)
	}
	c, err := m.compare(windows)
	if err != nil {
		return false, fmt.Errorf("MatchBaseline(%q): %w", m.path, err)
	}
	for _, w := range windows {
		w.Judged("MatchBaseline", m.short(), func() record.Judgement { return c.judgement(m, w.N()) })
	}
	if c.outcome == record.Undecided && m.collecting {
		return true, nil
	}
	return rule(c.outcome, true, func() string { return fmt.Sprintf("%s (%s)", c.text, windows[0].Probe()) })
}

func (m *matchBaseline) short() string {
	return "no worse than the baseline by " + percent(float64(m.margin))
}

// windows are those that the matcher was given, at least one and none without samples.
func (m *matchBaseline) windows(actual any) ([]*probe.Window, error) {
	windows, ok := actual.([]*probe.Window)
	if w, one := actual.(*probe.Window); one {
		windows, ok = []*probe.Window{w}, true
	}
	if !ok || len(windows) == 0 {
		return nil, fmt.Errorf("expects a *probe.Window, such as Load returns, or several runs' as []*probe.Window.  Got:\n%s", format.Object(actual, 1))
	}
	for _, w := range windows {
		switch {
		case w == nil || w.N() == 0:
			return nil, fmt.Errorf("the window has no sample: load for longer or at a higher rate")
		case w.Probe() != windows[0].Probe():
			return nil, fmt.Errorf("the windows are of %s and of %s: compare each with its own", windows[0].Probe(), w.Probe())
		}
	}
	return windows, nil
}

// comparison is what was found.
type comparison struct {
	outcome          record.Outcome
	text             string
	value, threshold float64 // of the metric that differs most
}

func (c comparison) judgement(m *matchBaseline, n int) record.Judgement {
	return record.Judgement{
		Matcher: "MatchBaseline", Objective: m.short(), Outcome: c.outcome,
		Value: record.Float(c.value), Threshold: record.Float(c.threshold),
		Samples: n, Alpha: record.Float(m.alpha), LogE: record.Float(nan), Text: c.text,
	}
}

// undecidedComparison is one that could not be made, in words.
func undecidedComparison(words string, args ...any) comparison {
	return comparison{outcome: record.Undecided, text: "undecided: " + fmt.Sprintf(words, args...), value: nan, threshold: nan}
}

func (m *matchBaseline) compare(windows []*probe.Window) (comparison, error) {
	data, err := os.ReadFile(m.path)
	if os.IsNotExist(err) {
		return undecidedComparison("there is no such file: run `chaosgate run --collect` and `chaosgate baseline accept`, and commit it"), nil
	}
	if err != nil {
		return comparison{}, fmt.Errorf("read baseline: %w", err)
	}
	baseline, err := record.ParseBaseline(data)
	if err != nil {
		return comparison{}, err
	}
	here, foreign := record.Here().Among(baseline.Runs)
	if len(here) == 0 && len(foreign) > 0 {
		return undecidedComparison("the baseline holds runs of another environment only (%s; this one is %s): accept runs of this one",
			foreign[len(foreign)-1].Environment, record.Here()), nil
	}
	now := make([]record.BaselineWindow, len(windows))
	for i, w := range windows {
		now[i] = record.Summarise(w.Record())
	}
	accepted, err := same(here, now[0])
	if err != nil {
		return comparison{}, err
	}
	if p := stats.SmallestP(len(accepted), len(now)); p > float64(m.alpha)*rounding {
		return undecidedComparison("%d accepted runs of this window and %d of now can reach p = %.2g, and alpha %s needs %.2g: %d accepted runs would do",
			len(accepted), len(now), p, percent(float64(m.alpha)), float64(m.alpha), acceptedFor(len(now), float64(m.alpha))), nil
	}
	return m.test(accepted, now)
}

// rounding absorbs the last digits of probabilities that are counted in
// different ways.
const rounding = 1 + 1e-9

// acceptedFor is how many accepted runs can show anything at level alpha.
func acceptedFor(now int, alpha float64) int {
	accepted := 1
	for stats.SmallestP(accepted, now) > alpha*rounding {
		accepted++
	}
	return accepted
}

// same finds the window in the runs that have it. A run's specs are named with
// their suites; the window knows its spec's text alone.
func same(runs []record.BaselineRun, now record.BaselineWindow) ([]record.BaselineWindow, error) {
	var all []record.BaselineWindow
	for _, run := range runs {
		for _, w := range run.Windows {
			if w.Probe != now.Probe || w.Number != max(now.Number, 1) || !strings.HasSuffix(w.Spec, ": "+now.Spec) {
				continue
			}
			if len(all) > 0 && all[0].Spec != w.Spec {
				return nil, fmt.Errorf("the baseline has this spec in two suites, %q and %q: give one of them another text", all[0].Spec, w.Spec)
			}
			all = append(all, w)
		}
	}
	return all, nil
}

func (m *matchBaseline) test(accepted, now []record.BaselineWindow) (comparison, error) {
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
		return comparison{}, err
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
	return c, nil
}

func (m *matchBaseline) FailureMessage(actual any) string { return m.message(actual, "to ") }

func (m *matchBaseline) NegatedFailureMessage(actual any) string { return m.message(actual, "not to ") }

func (m *matchBaseline) message(actual any, to string) string {
	phrase := to + "match the baseline " + m.path + " within " + percent(float64(m.margin))
	windows, err := m.windows(actual)
	if err != nil || m.invalid != nil {
		return format.Message(actual, phrase)
	}
	lines := make([]string, len(windows))
	for i, w := range windows {
		lines[i] = format.IndentString(w.String(), 1)
	}
	text := "Expected\n" + strings.Join(lines, "\n") + "\n" + phrase
	if c, err := m.compare(windows); err == nil {
		text += "\nbut " + c.text
	}
	return text
}
