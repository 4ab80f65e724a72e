package scope

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Watch begins a load and returns at once, so that faults can come and go during the
// load:
//
//	selling := scope.Watch(ctx, s, checkout, scope.PerSecond(50))
//	s.Inject(ctx, fault.Delay(300*time.Millisecond), scope.On(db))
//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
//
// Without For it lasts until the test ends, even if ctx ends earlier. The end of the
// test stops it, and a load that has failed fails the test. Its window goes into the
// suite's report with the judgements of matchers.
func Watch[S probe.Look[S, W], W probe.Windowed](ctx context.Context, s *Scope, what probe.Loadable[S], rate probe.Rate, span ...Span) *probe.Stream[W] {
	s.t.Helper()
	s.announce()
	l := load{rate: rate}
	if err := errors.Join(l.check(what), l.setSpan(span)); err != nil {
		s.toolFailure(fmt.Errorf("watch: %w", err))
		return nil
	}
	if ctx.Err() != nil {
		s.failEnded(ctx, "watch", what)
		return nil
	}
	s.announceLoad(what, l)
	outliving, release, cancel := outlive(ctx)
	stream, err := probe.Start(outliving, what, l.rate, l.d, s.options(what)...)
	released := release()
	switch {
	case err != nil:
		cancel(nil)
		s.toolFailure(err)
		return nil
	case !released: // ctx ended in the meantime, and the load with it
		cancel(nil)
		stream.Stop()
		s.failEnded(ctx, "watch", what)
		return nil
	}
	s.report(record.WindowEntry, stream)
	s.t.Cleanup(func() {
		s.t.Helper()
		defer stopWithin(cancel)()
		stream.Stop()
		window, err := stream.Wait(outliving)
		s.announceEnd(what, window)
		if err != nil {
			s.t.Errorf("%s", s.noteToolFailure(err.Error()))
		}
	})
	return stream
}

// setSpan sets how long the load lasts, if For says so.
func (l *load) setSpan(span []Span) error {
	switch {
	case len(span) == 0:
		return nil
	case len(span) > 1:
		return errors.New("there is more than one For: say it once")
	case span[0].d <= 0:
		return fmt.Errorf("For(%s): must be above 0: leave For out to watch until the test ends", span[0].d)
	}
	l.d = span[0].d
	return nil
}

// outlive makes a context that goes on after the test's context has ended. Until release
// is called, the end of the test's context still ends it.
func outlive(test context.Context) (ctx context.Context, release func() bool, cancel context.CancelCauseFunc) {
	ctx, cancel = context.WithCancelCause(context.WithoutCancel(test))
	return ctx, context.AfterFunc(test, func() { cancel(context.Cause(test)) }), cancel
}

// stopWithin cancels the samples in flight after a while. A service that never answers,
// with a long probe.Timeout, would otherwise delay the cleanups.
func stopWithin(cancel context.CancelCauseFunc) (end func()) {
	late := time.AfterFunc(cleanupWithin, func() {
		cancel(fmt.Errorf("samples were still in flight %s after the test had ended: use a shorter probe.Timeout", cleanupWithin))
	})
	return func() {
		late.Stop()
		cancel(nil)
	}
}
