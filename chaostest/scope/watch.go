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
//	selling := scope.Watch(ctx, s, checkout, scope.PerSecond(50))
//	s.Inject(ctx, fault.Delay(300*time.Millisecond), scope.On(db))
//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
//
// Without For it lasts until the test ends, whatever becomes of ctx once it has
// begun. Then it is stopped without being asked, and a load that has failed by itself
// fails the test. Its window goes into the suite's report with what matchers found
// in it, whenever they looked.
func Watch[S probe.Look[S, W], W probe.Windowed](ctx context.Context, s *Scope, what probe.Loadable[S], rate probe.Rate, span ...Span) *probe.Stream[W] {
	s.t.Helper()
	s.announce()
	l := load{rate: rate}
	if err := errors.Join(l.check(what), l.lasts(span)); err != nil {
		s.toolFailure(fmt.Errorf("watch: %w", err))
		return nil
	}
	if ctx.Err() != nil {
		s.overBefore(ctx, "watch", what)
		return nil
	}
	s.begun(what, l)
	outliving, release, cancel := outlive(ctx)
	stream, err := probe.Start(outliving, what, l.rate, l.d, s.options(what)...)
	released := release()
	switch {
	case err != nil:
		cancel(nil)
		s.toolFailure(err)
		return nil
	case !released: // the test's time ran out meanwhile, and cut the load off with it
		cancel(nil)
		stream.Stop()
		s.overBefore(ctx, "watch", what)
		return nil
	}
	s.report(record.WindowEntry, stream)
	s.t.Cleanup(func() {
		s.t.Helper()
		defer stopWithin(cancel)()
		stream.Stop()
		window, err := stream.Wait(outliving)
		s.ended(what, window)
		if err != nil {
			s.t.Errorf("%s", s.noteToolFailure(err.Error()))
		}
	})
	return stream
}

// lasts sets how long the load lasts, where that is said.
func (l *load) lasts(span []Span) error {
	switch {
	case len(span) == 0:
		return nil
	case len(span) > 1:
		return errors.New("For is given more than once: say it once")
	case span[0].d <= 0:
		return fmt.Errorf("For(%s): must be above 0: leave For out to watch until the test ends", span[0].d)
	}
	l.d = span[0].d
	return nil
}

// outlive makes a context that goes on when the test's has ended, which nevertheless
// cuts short what is done before release.
func outlive(test context.Context) (ctx context.Context, release func() bool, cancel context.CancelCauseFunc) {
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
