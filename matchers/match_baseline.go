package matchers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// BaselineOption changes how MatchBaseline compares, such as Alpha or Margin.
type BaselineOption interface{ applyBaseline(*matchBaseline) }

func (a AlphaOption) applyBaseline(m *matchBaseline) { m.alpha = a }

func (m MarginOption) applyBaseline(b *matchBaseline) { b.margin = m }

// MatchBaseline succeeds when a *probe.Window is no worse than the same window of the
// accepted runs. The spec's setup reads those from a file with baseline.Read:
//
//	Expect(sold).To(MatchBaseline(accepted))
//
// It compares error rate, p50, p90 and p99. The window violates the baseline when one of them
// is shown to be worse by more than Margin (10 % by default). One window needs 19 accepted
// runs at alpha 5 %. A []*probe.Window with one window of each of several fresh runs needs
// fewer: with three windows, 3 accepted runs suffice. The package page says more.
func MatchBaseline(accepted baseline.Baseline, options ...BaselineOption) types.GomegaMatcher {
	m := &matchBaseline{accepted: accepted, alpha: DefaultAlpha, margin: baseline.DefaultMargin}
	options, missing := withoutNil(options)
	for _, option := range options {
		option.applyBaseline(m)
	}
	m.invalid = errors.Join(missing, m.alpha.validate(), m.margin.validate())
	if accepted.Schema == 0 {
		m.invalid = errors.New("the baseline was not read: give what baseline.Read returns")
	}
	return m
}

type matchBaseline struct {
	accepted baseline.Baseline
	alpha    AlphaOption
	margin   MarginOption
	invalid  error
}

func (m *matchBaseline) Match(actual any) (bool, error) {
	windows, err := m.windows(actual)
	if err == nil {
		err = m.invalid
	}
	if err != nil {
		return false, fmt.Errorf("MatchBaseline: %w", err)
	}
	c, err := m.compare(windows)
	if err != nil {
		return false, fmt.Errorf("MatchBaseline: %w", err)
	}
	id := m.judged(windows, c)
	if c.outcome == record.Undecided && m.accepted.Collecting && !slices.ContainsFunc(windows, grows) {
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

// name is the baseline's file, if there is one.
func (m *matchBaseline) name() string {
	if m.accepted.Path == "" {
		return ""
	}
	return " " + m.accepted.Path
}

func (m *matchBaseline) short() string {
	return "no worse than the baseline by " + units.Chosen(float64(m.margin))
}

func (m *matchBaseline) FailureMessage(actual any) string { return m.message(actual, "to ") }

func (m *matchBaseline) NegatedFailureMessage(actual any) string { return m.message(actual, "not to ") }

func (m *matchBaseline) message(actual any, to string) string {
	phrase := to + "match the baseline" + m.name() + " within " + units.Chosen(float64(m.margin))
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
