package matchers

import (
	"errors"
	"fmt"

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
	// value is the observed value in the unit of threshold; observed is the same in
	// words, or empty.
	value     func(*probe.Window) (value float64, observed string)
	threshold float64
	// shown says how bad the test shows the value to be at least, or returns nothing.
	// It may be nil.
	shown func(w *probe.Window, alpha float64) string
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
		return nil, fmt.Errorf("%s matcher expects a *probe.Window, such as Load returns.  Got:\n%s", matcher, format.Object(actual, 1))
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
		return format.Message(actual, to+o.phrase)
	}
	f := o.find(w)
	text := "Expected\n" + format.IndentString(w.String(), 1) + "\n" + to + o.phrase + "\nbut " + f.text() + "\n" + f.certainty() + f.samples()
	return record.Mark(text, w.Judged(o.matcher, o.short, f.judgement), f.outcome)
}

// rule is what decides.
func (o *objective) rule() stats.Objective {
	return stats.Objective{Limit: o.limit, Alpha: float64(o.alpha), Proved: o.proof == Proved}
}

// tally counts the samples of a window, and those with the event.
type tally struct{ n, events int }

func (o *objective) find(w *probe.Window) finding {
	t := probe.Fold(w, o.key, func() tally { return tally{} }, func(t tally, samples []probe.Sample) tally {
		t.n += len(samples)
		for i := range samples {
			if o.event(&samples[i]) {
				t.events++
			}
		}
		return t
	})
	f := finding{objective: o, w: w, n: t.n, events: t.events, outcome: record.Undecided}
	f.logE = stats.Above(o.limit).LogE(f.events, f.n)
	switch {
	case o.rule().Violated(f.events, f.n):
		f.outcome = record.Violated
	case o.rule().Kept(f.events, f.n):
		f.outcome = record.Kept
	}
	return f
}
