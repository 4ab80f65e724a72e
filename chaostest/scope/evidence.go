package scope

import (
	"context"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Evidence is what a fault had touched at one moment, on all targets together.
//
//	Expect(slow.Evidence(ctx)).To(HaveTakenEffect())
type Evidence struct {
	record     record.Injection
	judgements *record.Judgements
}

// Evidence is what the fault has touched: the kernel's counts at this moment while
// the fault is live, the final ones afterwards. It fits Eventually.
func (i *Injection) Evidence(ctx context.Context) (Evidence, error) {
	if err := i.refresh(ctx); err != nil {
		text := fmt.Sprintf("ask what %s has touched: %v", i, err)
		return Evidence{}, &markedError{err, record.Mark(text, record.NewID("f"), record.ToolFailed)}
	}
	return Evidence{i.merged(), &i.judgements}, nil
}

// Record is the injection as it stood.
func (e Evidence) Record() record.Injection { return e.record }

// Judged keeps a matcher's verdict for the record of the injection, and returns the
// judgement's ID.
func (e Evidence) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	if e.judgements == nil {
		return "" // no injection's
	}
	return e.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}

// String says the injection and what it had touched.
func (e Evidence) String() string { return fmt.Sprintf("%s: %s", e.record, e.record.Evidence.Summary) }

// GomegaString is how Gomega's own messages print the evidence: with the mark of
// what was judged of it last.
func (e Evidence) GomegaString() string {
	if e.judgements == nil {
		return e.String()
	}
	return e.judgements.Mark(e.String())
}

// markedError is the tool's failure to answer, which Gomega may quote: with a mark,
// programs know whose failure it is.
type markedError struct {
	err  error
	text string
}

func (e *markedError) Error() string { return e.text }
func (e *markedError) Unwrap() error { return e.err }
