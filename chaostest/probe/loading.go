package probe

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// loading is a load that runs, on one probe or on a fleet.
type loading struct {
	*run
	schedule
	name    string // of the probe or the fleet
	members int    // the number of a fleet's members; 0 for a probe
	d       time.Duration
	// add stores a round of samples in the order of the probes. All samples that were
	// meant for a time before completeTo are stored then.
	add func(round []Sample, completeTo time.Time)
	// tell reports all samples that have ended, even if an earlier one has not.
	tell func(now time.Time, p *progress)
	// end is called once, when no more samples will come.
	end func(time.Time)

	cancel   context.CancelCauseFunc
	stop     chan struct{}
	stopping sync.Once
	done     chan struct{}
	err      error // valid after done is closed

	late  lateness
	next  int            // the first sample that has not ended
	ended map[int]Sample // samples that have ended and are not added yet, by number
}

func (l *loading) begin(ctx context.Context) {
	ctx, l.cancel = context.WithCancelCause(ctx)
	l.stop, l.done, l.ended = make(chan struct{}), make(chan struct{}), map[int]Sample{}
	l.late.after = lateAfter
	outcomes := make(chan outcome)
	launched := 0
	go func() {
		defer close(outcomes)
		launched = l.launch(ctx, l.stop, outcomes)
	}()
	go func() {
		defer close(l.done)
		defer l.cancel(nil)
		collected := l.collect(outcomes)
		l.err = l.outcome(ctx, launched, collected)
		l.flush()
		l.end(l.endOf(launched))
		for _, p := range l.probes {
			if idle, ok := p.(interface{ CloseIdleConnections() }); ok {
				idle.CloseIdleConnections()
			}
		}
	}()
}

// collect gathers samples until all have ended, and returns their number.
func (l *loading) collect(outcomes <-chan outcome) int {
	var tick <-chan time.Time
	var counted *progress
	if l.report != nil {
		counted = newProgress(l.members)
		ticker := time.NewTicker(l.every)
		defer ticker.Stop()
		tick = ticker.C
	}
	collected := 0
	for {
		select {
		case o, more := <-outcomes:
			switch {
			case !more:
				return collected
			case o.err != nil:
				l.cancel(o.err) // only the first cause counts
			default:
				collected++
				l.late.add(&o.Sample)
				if err := l.late.early(); err != nil {
					l.cancel(err)
				}
				if counted != nil {
					counted.add(l.memberOf(o.k), &o.Sample)
				}
				l.ended[o.k] = o.Sample
				l.advance()
			}
		case <-tick:
			l.tell(time.Now(), counted)
		}
	}
}

// advance adds the rounds that have ended together with all rounds before them. A
// sample waits for the earlier ones, because otherwise a window would show quick answers
// and fast failures before the slow answers of the same moment.
func (l *loading) advance() {
	n := len(l.probes)
	for {
		if _, ok := l.ended[l.next]; !ok {
			return
		}
		l.next++
		if l.next%n == 0 {
			l.addRound(l.next - n)
		}
	}
}

func (l *loading) addRound(first int) {
	round := make([]Sample, len(l.probes))
	for k := first; k < first+len(round); k++ {
		round[l.memberOf(k)] = l.ended[k]
		delete(l.ended, k)
	}
	l.add(round, l.intended(first+len(round)))
}

// flush adds the whole rounds that ended after a sample that never will.
func (l *loading) flush() {
	n := len(l.probes)
	for _, k := range l.endedInOrder() {
		whole := k%n == 0
		for other := k; whole && other < k+n; other++ {
			_, whole = l.ended[other]
		}
		if whole {
			l.addRound(k)
		}
	}
}

func (l *loading) endedInOrder() []int {
	places := make([]int, 0, len(l.ended))
	for k := range l.ended {
		places = append(places, k)
	}
	slices.Sort(places)
	return places
}

// endOf is the end of the span in which samples were intended.
func (l *loading) endOf(launched int) time.Time {
	end := earlier(l.intended(launched), time.Now())
	if l.d > 0 && launched == l.looks && l.err == nil {
		// The members of a fleet are asked in turn, so the last may be asked a little later.
		return later(l.start.Add(l.d), l.intended(launched-1))
	}
	return end
}

// outcome is why the load ended early, or nil if it did not.
func (l *loading) outcome(ctx context.Context, launched, collected int) error {
	name := fmt.Sprintf("load %s at %s", l.name, l.rate)
	switch {
	case l.d > 0 && collected == l.looks, launched < l.looks && collected == launched && ctx.Err() == nil:
		if err := l.late.check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	case l.d > 0:
		return fmt.Errorf("%s for %s: stopped after %d of %s: %w", name, l.d, collected, units.Plural(l.looks, "sample"), context.Cause(ctx))
	case collected == l.looks:
		return fmt.Errorf("%s: stopped after %s, the most that a load can hold: use a lower rate, or say for how long", name, units.Plural(collected, "sample"))
	}
	return fmt.Errorf("%s: stopped after %s: %w", name, units.Plural(collected, "sample"), context.Cause(ctx))
}

func (l *loading) halt() {
	l.stopping.Do(func() { close(l.stop) })
	<-l.done
}

// wait returns when the load has ended, or an error when ctx ends first.
func (l *loading) wait(ctx context.Context) error {
	select {
	case <-l.done:
		return l.err
	default:
	}
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return fmt.Errorf("wait for load %s at %s: %w", l.name, l.rate, context.Cause(ctx))
	}
}

// failed is the load's failure, if it has failed. It makes Gomega stop polling.
func (l *loading) failed() error {
	select {
	case <-l.done:
	default:
		return nil
	}
	if l.err == nil {
		return nil
	}
	return gomega.StopTrying("the load has failed").Wrap(l.err)
}
