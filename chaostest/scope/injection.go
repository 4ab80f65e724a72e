package scope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Injection is one fault that is live on its targets.
type Injection struct {
	scope  *Scope
	of     member // where it was injected
	id     string
	owner  Owner
	plan   *plan
	driver driver.Driver
	start  time.Time // before anything was touched

	hideProgress func()
	judgements   record.Judgements

	// changing is held while the fault is applied, and while it follows an event.
	changing sync.Mutex
	heard    *subscription // nil if the driver tells no events
	numbers  atomic.Int64
	used     atomic.Pointer[time.Time] // when a test last relied on it

	mu    sync.Mutex
	parts []*part
	over  bool
	end   time.Time
	// settled says that the end was reported and judged. A fault whose targets were
	// stopped is over before.
	settled bool
}

// Revert undoes the fault, and proves that the kernel's state is the same as before. The
// test fails if something could not be undone, and if the fault touched nothing or its
// lease ran out, because then the measurements prove nothing. The end of the test calls
// Revert, too. A second call does nothing.
func (i *Injection) Revert(ctx context.Context) {
	if i == nil {
		return
	}
	i.scope.t.Helper()
	i.revert(ctx)
}

// Active reports whether the fault is live as far as this process knows.
func (i *Injection) Active() bool {
	_, over := i.Ended()
	return !over
}

// Attestations are what was read back from the kernel, one for each target.
func (i *Injection) Attestations() []record.Attestation {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := make([]record.Attestation, len(i.parts))
	for n, p := range i.parts {
		all[n] = p.rec.Attestation
	}
	return all
}

// String describes the injection: "delay 300ms on db, ingress from shop, port 5432".
func (i *Injection) String() string { return i.merged().String() }

// GomegaString is how failure messages print the injection.
func (i *Injection) GomegaString() string { return i.String() }

// MarshalJSON encodes the injection's record as it is now.
func (i *Injection) MarshalJSON() ([]byte, error) { return json.Marshal(i.merged()) }

func (i *Injection) refresh(ctx context.Context) error {
	for _, p := range i.parts {
		i.mu.Lock()
		live, id := p.live, p.params.ID
		i.mu.Unlock()
		if !live {
			continue
		}
		evidence, err := p.agent.Evidence(ctx, id)
		i.mu.Lock()
		same := p.live && p.params.ID == id
		if same && err == nil {
			p.look(evidence)
		}
		i.mu.Unlock()
		if same && err != nil {
			return err
		}
	}
	return nil
}

// merged is one record of the fault on all targets.
func (i *Injection) merged() record.Injection {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := make([]record.Injection, len(i.parts))
	for n, p := range i.parts {
		all[n] = p.rec
		all[n].Evidence = p.evidence()
	}
	merged := record.Merge(all)
	merged.Judgements = i.judgements.Records()
	return merged
}

// Ended reports whether the fault was reverted, and when.
func (i *Injection) Ended() (at time.Time, over bool) {
	if i == nil {
		return time.Time{}, false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.end, i.over
}

// liveBetween reports whether the fault was live at any time of the span.
func (i *Injection) liveBetween(from, to time.Time) bool {
	end, over := i.Ended()
	return !i.start.After(to) && (!over || !end.Before(from))
}

// undo reverts the fault on all targets at once.
func (i *Injection) undo(ctx context.Context) error {
	errs := make([]error, len(i.parts))
	var wait sync.WaitGroup
	for n, p := range i.parts {
		if !p.live && p.applied {
			continue // its target has ended before
		}
		wait.Go(func() {
			evidence, err := p.agent.Revert(ctx, p.params.ID)
			i.mu.Lock()
			defer i.mu.Unlock()
			p.rec.End, p.rec.Reverted = time.Now(), err == nil
			if p.live {
				p.look(evidence)
			}
			p.live = false
			if err != nil {
				p.rec.Error = err.Error()
				errs[n] = fmt.Errorf("%s: %w", p.rec, err)
			}
		})
	}
	wait.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.over {
		i.over, i.end = true, time.Now()
	}
	return errors.Join(errs...)
}

// settle reports whether the end is to be reported and judged, which happens once.
func (i *Injection) settle() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.settled {
		return false
	}
	i.settled = true
	return true
}

// open reports whether the end has not been judged yet.
func (i *Injection) open() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return !i.settled
}

// revert undoes the fault. It fails the test if the fault could not be undone, or if the
// evidence does not prove its effect.
func (i *Injection) revert(ctx context.Context) {
	i.scope.t.Helper()
	if !i.settle() {
		return
	}
	i.heard.close()
	err := i.undo(ctx)
	i.askWho(ctx)
	i.relied()
	everywhere.drop(i)
	i.hideProgress()
	i.scope.carryOne(i)
	rec := i.merged()
	i.scope.by(rec.Step(record.Reverted))
	if rec.Evidence.LeaseLapsed {
		i.scope.emit(record.Event{Kind: record.Lapsed, ID: i.id, Text: rec.String(), Failed: true})
	}
	i.scope.emit(record.Event{Kind: record.Reverted, ID: i.id, Text: rec.Evidence.Summary, Failed: err != nil})
	if err != nil {
		i.scope.t.Errorf("%s", i.scope.noteToolFailure(err.Error()))
		return
	}
	i.judge()
}

// relied adds a gap if somebody stopped a target, and the test went on measuring as if the
// fault were there.
func (i *Injection) relied() {
	if i.plan.restarts != noRestarts {
		return
	}
	for _, p := range i.parts {
		if p.stopped != nil && everywhere.usedSince(i, p.stopped.Time) {
			i.mu.Lock()
			p.gap(p.stopped.Time, p.stoppedBy()+", and the test went on: say AcrossRestarts or UntilRestart if that is on purpose", false)
			i.mu.Unlock()
		}
	}
}

// judge fails the test unless the final evidence proves that the fault has had its
// effect.
func (i *Injection) judge() {
	i.scope.t.Helper()
	proof, words := i.merged().Proof()
	switch outcome := proof.Outcome(); outcome {
	case record.Kept:
	case record.ToolFailed:
		i.scope.t.Errorf("%s", i.scope.noteToolFailure(words))
	default:
		about := record.About{Matcher: "Revert", Objective: "the fault has its effect, and the target lives"}
		id := i.judgements.Keep(about, func() record.Judgement { return record.Judgement{Outcome: outcome, Text: words} })
		i.scope.t.Errorf("%s", record.Mark(words, id, outcome))
	}
}

// atEnd is the revert that the end of the owner calls.
func (i *Injection) atEnd() {
	ctx, cancel := afterTest(cleanupWithin)
	defer cancel()
	if i.wasLive() {
		i.revert(ctx)
	}
}

// wasLive is false for an injection that was refused.
func (i *Injection) wasLive() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.parts {
		if p.applied {
			return true
		}
	}
	return false
}
