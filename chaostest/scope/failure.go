package scope

import (
	"errors"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// toolFailure fails the test because the tool could not do its work.
func (s *Scope) toolFailure(err error) {
	s.t.Helper()
	s.t.Fatalf("%s", s.noteToolFailure(err.Error()))
}

// injectFailure fails the test because a fault could not be injected. That is a failure
// of the tool, unless the target does not run.
func (s *Scope) injectFailure(err error) {
	s.t.Helper()
	if _, ok := errors.AsType[*driver.NotRunningError](err); ok {
		s.t.Fatalf("%v", err)
		return
	}
	s.toolFailure(err)
}

// noteToolFailure adds a failure of the tool to the report, and returns the message with
// its mark.
func (s *Scope) noteToolFailure(text string) (message string) {
	failure := record.Failure{
		Schema: record.Schema, ID: record.NewID("f"), Spec: s.t.Name(), Cause: record.ToolFailure, Text: text,
	}
	s.report(record.FailureEntry, failure)
	return failure.Message()
}
