package matchers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// BaselineOption changes how MatchBaseline compares: Alpha, Margin or Floor.
type BaselineOption interface{ applyBaseline(*matchBaseline) }

func (a AlphaOption) applyBaseline(m *matchBaseline) { m.alpha = a }

func (m MarginOption) applyBaseline(b *matchBaseline) {
	b.limits, b.chosen = b.limits.WithMargin(float64(m)), append(b.chosen, "margin "+units.Chosen(float64(m)))
	b.invalid = errors.Join(b.invalid, m.validate())
}

func (f FloorOption) applyBaseline(b *matchBaseline) {
	b.limits, b.chosen = b.limits.WithFloor(f.seconds()), append(b.chosen, "floor "+time.Duration(f).String())
	b.invalid = errors.Join(b.invalid, f.validate())
}

// MatchBaseline succeeds when a *probe.Window is no worse than the same window of the
// accepted runs. The spec's setup reads those from a file with baseline.Read:
//
//	Expect(sold).To(MatchBaseline(accepted))
//
// It compares error rate (also by class, where there are several), p50, p90, p99 and
// throughput, run against run. The window violates the baseline when one of them is shown to
// be worse, and is worse by more than the limits: p50 10 % and 2 ms, p90 15 % and 3 ms, p99
// 25 % and 5 ms, error rate 0.5 points and 2 requests, throughput 5 %. Margin sets those of
// latencies and throughput, and Floor the milliseconds. One window needs 10 accepted runs. A
// []*probe.Window with one window of each of several fresh runs needs fewer: with three
// windows, 3 accepted runs suffice at alpha 5 %. The package page says more.
func MatchBaseline(accepted baseline.Baseline, options ...BaselineOption) types.GomegaMatcher {
	m := &matchBaseline{accepted: accepted, alpha: DefaultAlpha, limits: baseline.DefaultLimits()}
	options, missing := withoutNil(options)
	for _, option := range options {
		option.applyBaseline(m)
	}
	m.invalid = errors.Join(missing, m.alpha.validate(), m.invalid)
	if accepted.Schema == 0 {
		m.invalid = errors.New("the baseline was not read: give what baseline.Read returns")
	}
	return m
}

type matchBaseline struct {
	accepted baseline.Baseline
	alpha    AlphaOption
	limits   baseline.Limits
	chosen   []string // the limits that a person chose, in words
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

// within says which limits a person chose.
func (m *matchBaseline) within() string {
	if len(m.chosen) == 0 {
		return ""
	}
	return " within " + strings.Join(m.chosen, " and ")
}

func (m *matchBaseline) short() string { return "no worse than the baseline" + m.within() }

func (m *matchBaseline) FailureMessage(actual any) string { return m.message(actual, "to ") }

func (m *matchBaseline) NegatedFailureMessage(actual any) string { return m.message(actual, "not to ") }

func (m *matchBaseline) message(actual any, to string) string {
	phrase := to + "match the baseline" + m.name() + m.within()
	windows, err := m.windows(actual)
	if err != nil || m.invalid != nil {
		return wrongMessage(actual, phrase)
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
