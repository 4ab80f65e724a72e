package scope

import (
	"context"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// cleanupWithin is the time for each cleanup. The context of the spec has ended when
// cleanups run, so each gets a new one.
const cleanupWithin = 30 * time.Second

// T is what a scope needs of a test: *testing.T and GinkgoT() have it.
type T interface {
	Helper()
	Name() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Skipf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Scope owns a test's containers, networks, loads and faults, and ends them with the
// test. Like T, it is not for use by several goroutines at once.
type Scope struct {
	t       T
	connect Connect
	history history
}

// New makes the scope of a test on the driver that connect returns:
//
//	s := scope.New(t, docker.Connect)
//
// A subtest may have a scope of its own. The faults of its test are over its loads, too.
//
// All scopes of a process share their agents, which end with the process. With
// GinkgoT() one scope serves all specs of a process, one after the other: everything
// that a spec begins ends with that spec.
func New(t T, connect Connect) *Scope {
	s := &Scope{t: t, connect: connect}
	s.announce()
	return s
}

// announce writes an event when a spec begins, and another when it ends.
func (s *Scope) announce() {
	spec := s.t.Name()
	if spec == "" || !s.history.begins(spec, s.run(), s.started()) {
		return
	}
	s.carry()
	s.emit(record.Event{Kind: record.SpecStarted})
	s.t.Cleanup(func() {
		s.ShowLogs()
		s.history.ends(spec)
		emit(record.Event{Kind: record.SpecEnded, Spec: spec, Process: s.process(), Failed: s.t.Failed()})
	})
}

// Identified is an optional capability of a T. Run is another one for each test, and for each
// attempt at it. Without it, a test of the same name that uses a word after its cleanups have
// begun is taken for another one.
type Identified interface{ Run() string }

func (s *Scope) run() string {
	if t, ok := s.t.(Identified); ok {
		return t.Run()
	}
	return ""
}

// Started is an optional capability of a T. It says when the running test began. Without it, a
// test begins with its first word.
type Started interface{ Started() time.Time }

func (s *Scope) started() time.Time {
	if t, ok := s.t.(Started); ok {
		return t.Started()
	}
	return time.Now()
}

// cleanup registers a function that undoes something. Before it is called, the loads and
// faults of the same owner end. It gets a new context, and its error fails the test.
func (s *Scope) cleanup(ctx context.Context, undo func(context.Context) error) {
	owner := s.owner()
	s.t.Cleanup(func() {
		defer func() {
			if err := s.inTime(ctx, undo); err != nil {
				s.t.Errorf("%s", s.noteToolFailure(fmt.Sprintf("clean up: %v", err)))
			}
		}()
		s.thenLogs(func() { s.End(owner) })() //nolint:contextcheck // ctx has ended by now
	})
}

// inTime calls a function that undoes something with a new context.
func (s *Scope) inTime(ctx context.Context, undo func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupWithin)
	defer cancel()
	return undo(ctx)
}

// afterTest is a context for cleanups, which run after the test's context has ended.
func afterTest(within time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), within) //nolint:forbidigo // there is none to take
}
