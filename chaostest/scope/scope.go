package scope

import (
	"context"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// cleanupWithin bounds each cleanup. It has a context of its own: the spec's is
// already over when cleanups run.
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

// Scope is what a test owns: its containers, networks, loads and faults, which end
// with the test. It is not for use by several goroutines at once, as T is not.
type Scope struct {
	t       T
	connect Connect
	history history
}

// New makes the scope of a test on the driver that connect returns:
//
//	s := scope.New(t, docker.Connect)
//
// Its agent is shared with the other scopes of the process, and ends with the
// process. With GinkgoT() one scope serves all specs of a process, one after the
// other: whatever is begun in a spec ends with it.
func New(t T, connect Connect) *Scope {
	s := &Scope{t: t, connect: connect}
	s.announce()
	return s
}

// announce tells those who follow the run that a spec has begun, and when it ends.
func (s *Scope) announce() {
	spec := s.t.Name()
	if spec == "" || !s.history.begins(spec) {
		return
	}
	s.emit(record.Event{Kind: record.SpecStarted})
	s.t.Cleanup(func() {
		s.history.ends(spec)
		emit(record.Event{Kind: record.SpecEnded, Spec: spec, Process: s.process(), Failed: s.t.Failed()})
	})
}

// cleanup registers what undoes something, with a context of its own; its error
// fails the test.
func (s *Scope) cleanup(ctx context.Context, undo func(context.Context) error) {
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupWithin)
		defer cancel()
		if err := undo(ctx); err != nil {
			s.t.Errorf("%s", s.noteToolFailure(fmt.Sprintf("clean up: %v", err)))
		}
	})
}

// afterTest is a context for cleanups, which begin when the test's own has ended.
func afterTest(within time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), within) //nolint:forbidigo // there is none to take
}
