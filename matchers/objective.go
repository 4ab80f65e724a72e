package matchers

import (
	"fmt"
	"math"

	"github.com/onsi/gomega/format"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
)

// reach is how many times the allowed rate a window must rule out before its
// objective counts as kept.
const reach = 5

// objective is what a service has to keep: the share of its samples with an
// event stays at or below a limit.
type objective struct {
	matcher string // as it is called: "KeepErrorRateBelow"
	call    string // with its arguments, for errors
	phrase  string // "keep its error rate below 1 %"
	short   string // "error rate below 1 %"
	invalid error
	limit   float64
	alpha   float64
	event   func(probe.Sample) bool
	verb    string // what a sample with the event did: "failed"
	// value is what was observed, in the unit of threshold; observed says it in
	// words, or nothing.
	value     func(*probe.Window) (value float64, observed string)
	threshold float64
	// worst picks what to show of the samples with the event.
	worst func([]probe.Sample) []probe.Sample
	title string
}

func (o objective) with(options []Option) *objective {
	o.alpha = DefaultAlpha
	for _, option := range options {
		option(&o)
	}
	if o.invalid == nil && !(o.alpha > 0 && o.alpha <= 0.5) {
		o.invalid = fmt.Errorf("alpha %v: must be above 0 and at most 0.5", o.alpha)
	}
	return &o
}

// Match judges a *probe.Window, and hands it the judgement for the record.
func (o *objective) Match(actual any) (bool, error) {
	if o.invalid != nil {
		return false, fmt.Errorf("%s: %w", o.call, o.invalid)
	}
	w, ok := actual.(*probe.Window)
	if !ok || w == nil {
		return false, fmt.Errorf("%s matcher expects a *probe.Window, such as Load returns.  Got:\n%s", o.matcher, format.Object(actual, 1))
	}
	f := o.find(w)
	w.Judged(f.judgement())
	if f.outcome == record.Undecided {
		return false, fmt.Errorf("%s (%s)", f.text(), w.Probe())
	}
	return f.outcome == record.Kept, nil
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
	return "Expected\n" + format.IndentString(w.String(), 1) + "\n" + to + o.phrase + "\nbut " + f.text() + "\n" + f.certainty() + f.samples()
}

// beyond is the rate that a window must rule out: five times the limit, or half
// way from the limit to one where that is nearer.
func (o *objective) beyond() float64 { return math.Min(reach*o.limit, (1+o.limit)/2) }
