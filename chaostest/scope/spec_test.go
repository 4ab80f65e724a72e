package scope_test

import (
	"encoding/json"
	"fmt"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// spec is a T whose failures do not fail the test around it.
type spec struct {
	name     string
	failures []string // without their marks
	marks    []record.Marked
	skipped  string
	steps    []string
	entries  []any
	cleanups []func()
	owner    scope.Owner
	fatal    bool // an error stops the function, as in Ginkgo
	progress map[int]func() string
	logged   []string
}

type stopped struct{}

func (s *spec) Owner() scope.Owner { return s.owner }
func (s *spec) Helper()            {}
func (s *spec) Name() string       { return s.name }
func (s *spec) Logf(format string, a ...any) {
	s.logged = append(s.logged, fmt.Sprintf(format, a...))
}

func (s *spec) Errorf(format string, a ...any) {
	text, marks := record.Marks(fmt.Sprintf(format, a...))
	s.failures, s.marks = append(s.failures, text), append(s.marks, marks...)
	if s.fatal {
		panic(stopped{})
	}
}

func (s *spec) By(step string) { s.steps = append(s.steps, step) }

// Skipf skips the test.
func (s *spec) Skipf(format string, a ...any) {
	s.skipped = fmt.Sprintf(format, a...)
	panic(stopped{})
}
func (s *spec) Failed() bool         { return len(s.failures) > 0 }
func (s *spec) Cleanup(f func())     { s.cleanups = append(s.cleanups, f) }
func (s *spec) ParallelProcess() int { return 1 }
func (s *spec) Fatalf(format string, a ...any) {
	s.Errorf(format, a...)
	panic(stopped{})
}

func (s *spec) AddReportEntryVisibilityNever(_ string, args ...any) {
	s.entries = append(s.entries, args...)
}

func (s *spec) AttachProgressReporter(reporter func() string) func() {
	if s.progress == nil {
		s.progress = map[int]func() string{}
	}
	n := len(s.progress)
	s.progress[n] = reporter
	return func() { delete(s.progress, n) }
}

// run runs the body as a spec, then its cleanups, the last first.
func (s *spec) run(body func()) {
	guarded(body)
	s.end()
}

// guarded calls a function that may fail the spec.
func guarded(f func()) {
	defer func() {
		if r := recover(); r != nil && r != any(stopped{}) {
			panic(r)
		}
	}()
	f()
}

// end runs the cleanups, the last first.
func (s *spec) end() {
	for len(s.cleanups) > 0 {
		last := s.cleanups[len(s.cleanups)-1]
		s.cleanups = s.cleanups[:len(s.cleanups)-1]
		guarded(last)
	}
}

func (s *spec) causes() []record.Cause {
	var causes []record.Cause
	for _, e := range s.entries {
		if f, ok := e.(record.Failure); ok {
			causes = append(causes, f.Cause)
		}
	}
	return causes
}

// isMarked checks that the mark of the only failure names a record in the report: a
// failure of the tool, or a judgement on the injection.
func (s *spec) isMarked(g *WithT, found record.Outcome) {
	marks := s.marks
	g.Expect(marks).To(HaveLen(1))
	for _, e := range s.entries {
		switch e := e.(type) {
		case record.Failure:
			if found == "" {
				g.Expect(marks[0].ID).To(Equal(e.ID))
				g.Expect(marks[0].Outcome).To(Equal(record.ToolFailed))
				return
			}
		case *scope.Injection:
			encoded, err := json.Marshal(e)
			g.Expect(err).NotTo(HaveOccurred())
			i, err := record.Decode[record.Injection](nil, string(encoded))
			g.Expect(err).NotTo(HaveOccurred())
			if found != "" {
				g.Expect(i.Judgements).To(HaveLen(1))
				g.Expect(marks[0].ID).To(Equal(i.Judgements[0].ID))
				g.Expect(marks[0].Outcome).To(Equal(found))
				g.Expect(i.Judgements[0].Outcome).To(Equal(found))
				return
			}
		}
	}
	g.Fail("the mark names no record: " + s.failures[0])
}
