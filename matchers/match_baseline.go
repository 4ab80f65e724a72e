package matchers

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
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
// were raised by Margin (10 % otherwise): a window that is not different from them
// fails with a probability of at most Alpha (with Margin(0) one whose metrics only go
// together in another way may be called worse). With one window 19 accepted runs are needed for
// alpha 5 %. A []*probe.Window, each of a run of its own, in which everything was
// started anew, needs fewer: of three, 3 accepted runs suffice.
//
// Whole loads are compared, once: Alpha is of one look at the load's end, not over
// all looks. A window that still grows is undecided, so that Eventually waits for
// its end, and so is one that has fewer than half as many samples as the accepted
// ones.
//
// Without a baseline, with too few accepted runs, with those of another
// environment only or with those of a service that did not answer it is undecided,
// which is an error in either polarity. Under `chaosgate run --collect`, which
// collects the first runs, that is recorded and does not fail To and Should; it
// does fail NotTo and ShouldNot, because a matcher is not told which of them asks.
func MatchBaseline(path string, options ...BaselineOption) types.GomegaMatcher {
	m := &matchBaseline{path: path, alpha: DefaultAlpha, margin: defaultBaselineMargin, collecting: os.Getenv(record.CollectVariable) != ""}
	options, missing := given(options)
	for _, option := range options {
		option.applyBaseline(m)
	}
	m.invalid = errors.Join(missing, m.alpha.validate(), m.margin.validate())
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
	id := m.judged(windows, c)
	if c.outcome == record.Undecided && m.collecting && !slices.ContainsFunc(windows, grows) {
		return true, nil
	}
	return answer(id, c.outcome, !c.more, func() string { return fmt.Sprintf("%s (%s)", c.text, windows[0].Probe()) })
}

// judged leaves the judgement with the record of each window, and returns the ID of
// the first one's.
func (m *matchBaseline) judged(windows []*probe.Window, c *comparison) (id string) {
	for _, w := range slices.Backward(windows) {
		id = w.Judged("MatchBaseline", m.short(), func() record.Judgement { return c.judgement(m, w.N()) })
	}
	return id
}

func (m *matchBaseline) short() string {
	return "no worse than the baseline by " + percent(float64(m.margin))
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
	c, err := m.compare(windows)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+c.text, m.judged(windows, c), c.outcome)
}
