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
// Without For it lasts until the body of the test is over, even if ctx ends earlier: see
// Scope.End. A load that has failed fails the test. Its window goes into the
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
	asked := s.asks(what)
	outliving, release, cancel := outlive(ctx)
	everywhere.use(s.member())
	exposed, unexpose := everywhere.expose(s.member())
	stream, err := probe.Start(outliving, what, l.rate, l.d, s.options(what, exposed)...)
	released := release()
	switch {
	case err != nil:
		unexpose()
		cancel(nil)
		s.toolFailure(err)
		return nil
	case !released: // ctx ended in the meantime, and the load with it
		unexpose()
		cancel(nil)
		stream.Stop()
		s.failEnded(ctx, "watch", what)
		return nil
	}
	entry := exposed.entry(func() record.Window { w, _ := stream.Window(); return w.Record() })
	s.report(record.WindowEntry, entry)
	watch := &running{owner: s.owner(), id: record.NewID("w"), entry: entry, asked: asked}
	s.history.carry(s.t.Name() + " " + watch.id)
	watch.halt = func() { go stream.Stop() }
	watch.end = func() {
		s.t.Helper()
		if !s.history.dropLoad(watch) {
			return // it has ended before
		}
		defer stopWithin(cancel)()
		stream.Stop()
		_, err := stream.Wait(outliving)
		unexpose()
		s.carryLoad(watch)
		s.announceEnd(what, entry)
		if err != nil {
			s.t.Errorf("%s", s.noteToolFailure(err.Error()))
		}
	}
	s.history.addLoad(watch)
	s.t.Cleanup(s.thenLogs(watch.end)) //nolint:contextcheck // ctx has ended by then
	return stream
}

// running is a load that runs until its owner ends.
type running struct {
	owner Owner
	id    string
	entry windowEntry
	asked []*Service
	halt  func() // no more samples start
	end   func() // and all have ended
}

// setSpan sets how long the load lasts, if For says so.
func (l *load) setSpan(span []Span) error {
	switch {
	case len(span) == 0:
		return nil
	case len(span) > 1:
		return errors.New("there is more than one For: say it once")
	case span[0].until != nil || span[0].err != nil:
		return errors.New("Until is for Load: give the window of a watch to Eventually or Consistently")
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
