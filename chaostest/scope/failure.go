package scope

import (
	"errors"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// toolError is a failure of the experiment, not of what it is about. The two
// never share a verdict.
type toolError struct{ err error }

func (e *toolError) Error() string { return e.err.Error() }
func (e *toolError) Unwrap() error { return e.err }

// toolFailure fails the test because the tool could not do its work.
func (s *Scope) toolFailure(err error) {
	s.t.Helper()
	s.noteToolFailure(err)
	s.t.Fatalf("%v", err)
}

// injectFailure fails the test because a fault could not be injected: the
// tool's failure, unless it is that the target does not run.
func (s *Scope) injectFailure(err error) {
	s.t.Helper()
	if _, ok := errors.AsType[*driver.NotRunningError](err); !ok {
		s.noteToolFailure(err)
	}
	s.t.Fatalf("%v", err)
}

// findings fails the test for what came to light when a fault was reverted.
func (s *Scope) findings(err error) {
	s.t.Helper()
	if _, ok := errors.AsType[*toolError](err); ok {
		s.noteToolFailure(err)
	}
	s.t.Errorf("%v", err)
}

func (s *Scope) noteToolFailure(err error) {
	s.report(record.FailureEntry, record.Failure{
		Schema: record.Schema, Spec: s.t.Name(), Cause: record.ToolFailure, Text: err.Error(),
	})
}
