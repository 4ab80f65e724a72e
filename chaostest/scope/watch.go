package scope

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Watch begins what Load does and returns, so that faults come and go while the
// service is looked at:
//
//	selling := Watch(ctx, checkout, PerSecond(50))
//	Inject(ctx, fault.Delay(300*time.Millisecond), On(db))
//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
//
// It lasts until the test ends, where For does not say how long, whatever becomes
// of ctx once it has begun. Then it is stopped without being asked, and a load that has
// failed by itself fails the test. Its window goes into the suite's report with
// what matchers found in it, whenever they looked.
func (s *Scope) Watch(ctx context.Context, p probe.Probe, options ...LoadOption) *probe.Stream {
	s.t.Helper()
	l := newLoad(options)
	return watch(ctx, s, p, l, errors.Join(given(p), l.rated(), l.single()), func(ctx context.Context, how []probe.RunOption) (*probe.Stream, error) {
		return probe.Start(ctx, p, l.rate, l.duration, how...)
	})
}

// WatchFleet begins what LoadFleet does and returns. It lasts and ends as Watch
// does.
func (s *Scope) WatchFleet(ctx context.Context, fleet *probe.Fleet, options ...LoadOption) *probe.FleetStream {
	s.t.Helper()
	l := newLoad(options)
	return watch(ctx, s, fleet, l, errors.Join(givenFleet(fleet), l.rated()), func(ctx context.Context, how []probe.RunOption) (*probe.FleetStream, error) {
		return probe.StartFleet(ctx, fleet, l.rate, l.duration, how...)
	})
}

// stream is a load that runs: a probe.Stream or a probe.FleetStream.
type stream[W recorder] interface {
	Stop()
	Wait(context.Context) (W, error)
}

// watch starts a load, unless something is wrong with it, and sees to its end. It
// returns nil where the test has failed and goes on nevertheless.
func watch[S stream[W], W recorder](test context.Context, s *Scope, what fmt.Stringer, l load, wrong error,
	start func(context.Context, []probe.RunOption) (S, error),
) (none S) {
	s.t.Helper()
	s.announce()
	if wrong != nil {
		s.toolFailure(fmt.Errorf("watch: %w", wrong))
		return none
	}
	if test.Err() != nil {
		s.overBefore(test, "watch", what)
		return none
	}
	s.loads(what, l)
	ctx, release, cancel := outliving(test)
	stream, err := start(ctx, s.told(what, l))
	released := release()
	switch {
	case err != nil:
		cancel(nil)
		s.toolFailure(err)
		return none
	case !released: // the test's time ran out meanwhile, and cut the load off with it
		cancel(nil)
		stream.Stop()
		s.overBefore(test, "watch", what)
		return none
	}
	s.report(record.WindowEntry, stream)
	s.t.Cleanup(func() {
		defer stopWithin(cancel)()
		stream.Stop()
		window, err := stream.Wait(ctx)
		s.watched(what, window, err)
	})
	return stream
}

// outliving is a context that goes on when the test's has ended, which nevertheless
// cuts short what is done before release.
func outliving(test context.Context) (ctx context.Context, release func() bool, cancel context.CancelCauseFunc) {
	ctx, cancel = context.WithCancelCause(context.WithoutCancel(test))
	return ctx, context.AfterFunc(test, func() { cancel(context.Cause(test)) }), cancel
}

// stopWithin cuts off the samples in flight when those of a service that answers
// nothing, with a probe of much patience, would hold up the cleanups.
func stopWithin(cancel context.CancelCauseFunc) (end func()) {
	late := time.AfterFunc(cleanupWithin, func() {
		cancel(fmt.Errorf("samples were still in flight %s after the test had ended: use a shorter probe.Timeout", cleanupWithin))
	})
	return func() {
		late.Stop()
		cancel(nil)
	}
}

// watched tells how a load ended that ran beside the test.
func (s *Scope) watched(what fmt.Stringer, done recorder, err error) {
	s.t.Helper()
	s.loadedAll(what, done)
	if err != nil {
		s.noteToolFailure(err)
		s.t.Errorf("%v", err)
	}
}
