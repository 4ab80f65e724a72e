package matchers

import (
	"errors"
	"fmt"
	"time"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// ControlOption changes how MatchControl compares: Alpha, Margin, Floor,
// ErrorsOnly or LatencyOnly.
type ControlOption interface{ applyControl(*matchControl) }

func (a AlphaOption) applyControl(m *matchControl) { m.alpha = a }

func (g MarginOption) applyControl(m *matchControl) { m.margin = g }

func (f FloorOption) applyControl(m *matchControl) { m.floor = f }

// OnlyOption restricts what MatchControl compares.
type OnlyOption int

// What MatchControl can compare alone. Alone it has the whole of Alpha. Otherwise latencies have
// seven tenths of it, and errors the rest.
const (
	// ErrorsOnly compares how often the service fails, and no latencies.
	ErrorsOnly OnlyOption = iota + 1
	// LatencyOnly compares latencies. A failed sample counts as slower than any answer.
	LatencyOnly
)

func (a OnlyOption) applyControl(m *matchControl) {
	if m.only != 0 && m.only != a {
		m.invalid = errors.New("ErrorsOnly and LatencyOnly exclude each other: leave both out to compare both")
	}
	m.only = a
}

func (a OnlyOption) validate() error {
	if a < 0 || a > LatencyOnly {
		return fmt.Errorf("option %d: there are ErrorsOnly and LatencyOnly, and both without one", int(a))
	}
	return nil
}

// defaultControlMargin is more than two windows of a healthy service differ by on a
// busy machine.
const defaultControlMargin = MarginOption(0.25)

// MatchControl succeeds when a *probe.Window, usually the fault window, is no
// worse than the control window, which was measured without the fault:
//
//	usual := Load(ctx, checkout, PerSecond(50), For(5*time.Second))
//	Inject(ctx, fault.Delay(20*time.Millisecond), On(catalogue))
//	Expect(Load(ctx, checkout, PerSecond(50), For(5*time.Second))).To(MatchControl(usual))
//
// Load both windows for the same time, at the same rate, soon after each other. A window
// violates its control when it shows more errors than Margin allows (25 % by default), or
// latencies longer by more than Margin and Floor. What only the first second shows is no
// violation, because a service that has just started is slow. The package page says more.
func MatchControl(control *probe.Window, options ...ControlOption) types.GomegaMatcher {
	m := &matchControl{control: control, alpha: DefaultAlpha, margin: defaultControlMargin, floor: defaultFloor}
	options, missing := withoutNil(options)
	for _, option := range options {
		option.applyControl(m)
	}
	m.invalid = errors.Join(m.invalid, missing, m.check())
	return m
}

type matchControl struct {
	control *probe.Window
	alpha   AlphaOption
	margin  MarginOption
	floor   FloorOption
	only    OnlyOption
	invalid error
}

func (m *matchControl) check() error {
	switch {
	case m.control == nil:
		return errors.New("no control window: load one without the fault first")
	case m.control.Validate() != nil:
		return fmt.Errorf("the control window: %w", m.control.Validate())
	case !m.control.Final() && m.control.Growing():
		return errors.New("the control window still grows: wait for its load to end, as Load does")
	case m.control.N() == 0:
		return errors.New("the control window has no sample: load for longer or at a higher rate")
	case m.control.Errors() == m.control.N():
		return fmt.Errorf("all %d samples of the control window failed, so there is nothing to match: check first that the service is live", m.control.N())
	}
	return errors.Join(m.alpha.validate(), m.margin.validate(), m.floor.validate(), m.only.validate())
}

// level is the part of alpha that errors have, or latencies.
func (m *matchControl) level(of OnlyOption) float64 {
	switch {
	case m.only != 0:
		return float64(m.alpha)
	case of == LatencyOnly:
		return (1 - stats.ControlErrorsShare) * float64(m.alpha)
	}
	return stats.ControlErrorsShare * float64(m.alpha)
}

// Match judges a *probe.Window, and hands it the judgement for the record.
func (m *matchControl) Match(actual any) (bool, error) {
	if m.invalid != nil {
		return false, fmt.Errorf("MatchControl: %w", m.invalid)
	}
	w, err := windowOf("MatchControl", actual)
	if err != nil {
		return false, err
	}
	c, err := m.find(w)
	if err != nil {
		return false, fmt.Errorf("MatchControl: %w", err)
	}
	if w == m.control {
		return false, fmt.Errorf("MatchControl: the window is its own control (%s): load one without the fault, and another with it", w.Probe())
	}
	m.control.IsControl()
	id := w.Judged("MatchControl", m.short(), c.judgement)
	return answer(id, c.outcome(), w.Final(), func() string { return fmt.Sprintf("%s (%s)", c.text(), w.Probe()) })
}

// controlTime tells the controls of a record apart.
const controlTime = "15:04:05.000"

func (m *matchControl) short() string {
	short := fmt.Sprintf("no worse than the control window of %s by %s", m.control.Start().Format(controlTime), units.Chosen(float64(m.margin)))
	if m.floor != defaultFloor {
		short += " and " + time.Duration(m.floor).String()
	}
	switch m.only {
	case ErrorsOnly:
		short += " in errors"
	case LatencyOnly:
		short += " in latency"
	}
	return short + m.alpha.changedOptions()
}

// FailureMessage says how the window is worse.
func (m *matchControl) FailureMessage(actual any) string { return m.message(actual, "to ") }

// NegatedFailureMessage says that it is not.
func (m *matchControl) NegatedFailureMessage(actual any) string { return m.message(actual, "not to ") }

func (m *matchControl) message(actual any, to string) string {
	phrase := to + "match the control window"
	w, err := windowOf("MatchControl", actual)
	if err != nil || m.invalid != nil {
		return wrongMessage(actual, phrase)
	}
	text := "Expected\n" + format.IndentString(w.String(), 1) + "\n" + phrase + "\n" + format.IndentString(m.control.String(), 1)
	c, err := m.find(w)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+c.text()+c.certainty(), w.Judged("MatchControl", m.short(), c.judgement), c.outcome())
}

// judgement is for the record of the window.
func (c controlFinding) judgement() record.Judgement {
	value, threshold := c.medians()
	return record.Judgement{
		Matcher: "MatchControl", Objective: c.short(), Outcome: c.outcome(),
		Value: record.Float(value), Threshold: record.Float(threshold),
		Samples: c.n, Alpha: record.Float(c.alpha), LogE: record.Float(c.logE()), Text: c.text(),
	}
}
