package matchers

import (
	"errors"
	"fmt"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// ObjectiveOption changes how an objective is judged, such as Alpha or Proved.
type ObjectiveOption interface{ applyObjective(*objective) }

func (a AlphaOption) applyObjective(o *objective) { o.alpha = a }

func (s ProofOption) applyObjective(o *objective) { o.proof = s }

// objective is what a service must keep: the share of its samples with an event
// stays at or below a limit.
type objective struct {
	matcher string // as it is called: "KeepErrorRateBelow"
	call    string // with its arguments, for errors
	phrase  string // "keep its error rate below 1 %"
	short   string // "error rate below 1 %"
	invalid error
	limit   float64
	alpha   AlphaOption
	proof   ProofOption
	event   func(*probe.Sample) bool
	// key is the key under which a window remembers this event.
	key  any
	verb string // what a sample with the event did: "failed"
	// availability reports the share of samples without the event.
	availability bool
	// warms says that a service does worse while it warms up, so that a load's first part
	// is no evidence until the load has ended.
	warms bool
	// lateAfter is how late the load generator may start a sample that is evidence; 0 for any time.
	lateAfter time.Duration
	// value is the observed value in the unit of threshold; observed is the same in
	// words, or empty.
	value     func(*probe.Window) (value float64, observed string)
	threshold float64
	// shown says how bad the test shows the value to be at least, or returns nothing.
	// It may be nil.
	shown func(w *probe.Window, rule stats.Objective) string
	// worst picks which samples with the event to show.
	worst func([]probe.Sample) []probe.Sample
	title string
}

func (o objective) with(options []ObjectiveOption) *objective {
	o.alpha = DefaultAlpha
	options, missing := withoutNil(options)
	for _, option := range options {
		option.applyObjective(&o)
	}
	if o.invalid == nil {
		o.invalid = errors.Join(missing, o.alpha.validate(), o.proof.validate(), o.rule().Validate())
	}
	if o.proof == Proved {
		o.phrase += ", proved"
		o.short += ", proved"
	}
	o.short += o.alpha.changedOptions()
	return &o
}

// Match judges a *probe.Window, and hands it the judgement for the record.
func (o *objective) Match(actual any) (bool, error) {
	if o.invalid != nil {
		return false, fmt.Errorf("%s: %w", o.call, o.invalid)
	}
	w, err := windowOf(o.matcher, actual)
	if err != nil {
		return false, err
	}
	f := o.find(w)
	id := w.Judged(o.matcher, o.short, f.judgement)
	text := func() string { return fmt.Sprintf("%s (%s)", f.text(), w.Probe()) }
	if o.proof == Proved && f.outcome == record.Violated {
		return false, gomega.StopTrying(record.Mark(text(), id, f.outcome)) // the proof will not come
	}
	return answer(id, f.outcome, w.Final(), text)
}

// windowOf returns the window that a matcher judges.
func windowOf(matcher string, actual any) (*probe.Window, error) {
	w, ok := actual.(*probe.Window)
	if !ok || w == nil {
		return nil, fmt.Errorf("%s matcher expects a *probe.Window, such as Load returns.  Got:\n%s", matcher, typeOf(actual))
	}
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", matcher, ofWindow(w.Probe(), err))
	}
	return w, nil
}

// ofWindow adds the window's probe to an error. A zero window has no probe.
func ofWindow(probe string, err error) error {
	if probe == "" {
		return err
	}
	return fmt.Errorf("window of %s: %w", probe, err)
}

// FailureMessage says how the objective was violated.
func (o *objective) FailureMessage(actual any) string { return o.message(actual, "to ") }

// NegatedFailureMessage says how the objective was kept.
func (o *objective) NegatedFailureMessage(actual any) string { return o.message(actual, "not to ") }

func (o *objective) message(actual any, to string) string {
	w, ok := actual.(*probe.Window)
	if !ok || w == nil || o.invalid != nil {
		return wrongMessage(actual, to+o.phrase)
	}
	f := o.find(w)
	text := "Expected\n" + format.IndentString(w.String(), 1) + "\n" + to + o.phrase + "\nbut " + f.text() + "\n" + f.certainty() + f.samples()
	return record.Mark(text, w.Judged(o.matcher, o.short, f.judgement), f.outcome)
}

// rule is what decides about samples that do not depend on each other.
func (o *objective) rule() stats.Objective {
	return stats.Objective{Limit: o.limit, Alpha: float64(o.alpha), Proved: o.proof == Proved}
}

// ruleOf is what decides about these samples, whose events may come in bursts.
func (o *objective) ruleOf(e *stats.Events) stats.Objective {
	rule := o.rule()
	rule.Burst = e.Burst()
	return rule
}

// tally counts the samples of a window, and those with the event: all of them, and those
// after the time in which a service may warm up.
type tally struct {
	all, warm stats.Events
	late      int // started too late to be evidence
}

// warmUp is the time in which a service may be slow because it has just started.
const warmUp = time.Second

func (o *objective) find(w *probe.Window) finding {
	warm := w.Start().Add(warmUp)
	t := probe.Fold(w, o.key, func() tally { return tally{} }, func(t tally, samples []probe.Sample) tally {
		for i := range samples {
			if o.lateAfter > 0 && samples[i].Lag > o.lateAfter {
				t.late++
				continue
			}
			event := o.event(&samples[i])
			t.all.Add(event)
			if o.warms && !samples[i].Time.Before(warm) {
				t.warm.Add(event)
			}
		}
		return t
	})
	f := finding{objective: o, w: w, n: t.all.N(), events: t.all.Count(), burst: t.all.Burst(), late: t.late, outcome: record.Undecided}
	f.logE = f.rule().LogE(f.events, f.n)
	switch {
	case f.overloaded():
		f.outcome = record.ToolFailed
	case f.rule().Violated(f.events, f.n):
		if f.warming = o.warms && w.Growing() && !o.ruleOf(&t.warm).Violated(t.warm.Count(), t.warm.N()); !f.warming {
			f.outcome = record.Violated
		}
	case f.rule().Kept(f.events, f.n):
		f.outcome = record.Kept
	}
	return f
}
