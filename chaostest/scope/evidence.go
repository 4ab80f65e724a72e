package scope

import (
	"context"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Evidence is what a fault had touched at one moment, on all its targets:
//
//	Expect(slow.Evidence(ctx)).To(HaveTakenEffect())
type Evidence struct {
	record     record.Injection
	judgements *record.Judgements
}

// Evidence is what the fault has touched so far. While the fault is live it asks the
// kernel; afterwards it returns the final counts. It fits Eventually.
func (i *Injection) Evidence(ctx context.Context) (Evidence, error) {
	if err := i.refresh(ctx); err != nil {
		text := fmt.Sprintf("ask what %s has touched: %v", i, err)
		return Evidence{}, &markedError{err, record.Mark(text, record.NewID("f"), record.ToolFailed)}
	}
	return Evidence{i.merged(), &i.judgements}, nil
}

// Record is the injection's record at that moment.
func (e Evidence) Record() record.Injection { return e.record }

// Judged records a matcher's judgement on the injection, and returns the judgement's ID.
func (e Evidence) Judged(matcher, objective string, judgement func() record.Judgement) (id string) {
	if e.judgements == nil {
		return "" // a zero value
	}
	return e.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}

// String describes the injection and what it had touched.
func (e Evidence) String() string { return fmt.Sprintf("%s: %s", e.record, e.record.Evidence.Summary) }

// GomegaString is how Gomega's messages print the evidence: with the mark of its last
// judgement.
func (e Evidence) GomegaString() string {
	if e.judgements == nil {
		return e.String()
	}
	return e.judgements.Mark(e.String())
}

// markedError is an error of the tool. Gomega may quote it, so it has a mark, by which
// programs recognize a failure of the tool.
type markedError struct {
	err  error
	text string
}

func (e *markedError) Error() string { return e.text }
func (e *markedError) Unwrap() error { return e.err }
