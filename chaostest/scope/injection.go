package scope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// evidenceWithin bounds the question for evidence that a matcher asks.
const evidenceWithin = 5 * time.Second

// Injection is one fault live on its targets.
type Injection struct {
	scope *Scope
	id    string

	hideProgress func()

	mu    sync.Mutex
	parts []*part
	over  bool
	end   time.Time
}

// part is the fault on one of the targets.
type part struct {
	host   driver.Host
	agent  *agent.Client // the host's
	params wire.InjectParams
	rec    record.Injection
	live   bool
}

// Revert undoes the fault and proves that the kernel's state is what it was
// before. What could not be undone fails the test, and so does a fault that
// touched nothing or whose lease ran out: what was measured under it proves
// nothing. It is called by itself at the end of the test; calling it again does
// nothing.
func (i *Injection) Revert(ctx context.Context) {
	i.scope.t.Helper()
	if i == nil {
		return
	}
	if err := i.revert(ctx); err != nil {
		i.scope.findings(err)
	}
}

// Active reports whether the fault is live as far as this process knows.
func (i *Injection) Active() bool {
	_, over := i.ended()
	return !over
}

// Evidence is what the fault has touched, on all targets together: live counts
// while it is active, the final ones afterwards.
func (i *Injection) Evidence(ctx context.Context) (record.Evidence, error) {
	if err := i.refresh(ctx); err != nil {
		return record.Evidence{}, err
	}
	return i.merged().Evidence, nil
}

// Record is the injection as reports and matchers see it, asked of the kernel
// at this moment while the fault is live.
func (i *Injection) Record() record.Injection {
	ctx, cancel := own(evidenceWithin)
	defer cancel()
	if err := i.refresh(ctx); err != nil {
		rec := i.merged()
		rec.Error = err.Error()
		return rec
	}
	return i.merged()
}

// Attestations are what the kernel said when it was read back, a target each.
func (i *Injection) Attestations() []record.Attestation {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := make([]record.Attestation, len(i.parts))
	for n, p := range i.parts {
		all[n] = p.rec.Attestation
	}
	return all
}

// String says the injection in words: "delay 300ms on db, ingress from shop, port 5432".
func (i *Injection) String() string { return i.merged().String() }

// GomegaString is how failure messages print the injection.
func (i *Injection) GomegaString() string { return i.String() }

// MarshalJSON encodes the injection's record as it stands.
func (i *Injection) MarshalJSON() ([]byte, error) { return json.Marshal(i.merged()) }

func (i *Injection) refresh(ctx context.Context) error {
	i.mu.Lock()
	over, parts := i.over, i.parts
	i.mu.Unlock()
	if over {
		return nil
	}
	for _, p := range parts {
		evidence, err := p.agent.Evidence(ctx, p.params.ID)
		if err != nil {
			return err
		}
		i.mu.Lock()
		if !i.over {
			p.rec.Evidence = evidence
		}
		i.mu.Unlock()
	}
	return nil
}

// merged is one record for all targets.
func (i *Injection) merged() record.Injection {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := make([]record.Injection, len(i.parts))
	for n, p := range i.parts {
		all[n] = p.rec
	}
	return record.Merge(all)
}

func (i *Injection) ended() (at time.Time, over bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.end, i.over
}

// undo reverts the fault on all targets at once.
func (i *Injection) undo(ctx context.Context) error {
	i.mu.Lock()
	if i.over {
		i.mu.Unlock()
		return nil
	}
	parts := i.parts
	i.mu.Unlock()
	errs := make([]error, len(parts))
	var wait sync.WaitGroup
	for n, p := range parts {
		wait.Go(func() {
			evidence, err := p.agent.Revert(ctx, p.params.ID)
			i.mu.Lock()
			defer i.mu.Unlock()
			p.rec.End, p.rec.Reverted = time.Now(), err == nil
			if p.live {
				p.rec.Evidence = evidence
			}
			if err != nil {
				p.rec.Error = err.Error()
				errs[n] = fmt.Errorf("%s: %w", p.rec, err)
			}
		})
	}
	wait.Wait()
	i.mu.Lock()
	i.over, i.end = true, time.Now()
	i.mu.Unlock()
	return errors.Join(errs...)
}

// revert undoes the fault and judges what it leaves behind.
func (i *Injection) revert(ctx context.Context) error {
	if _, over := i.ended(); over {
		return nil
	}
	err := i.undo(ctx)
	i.hideProgress()
	i.scope.by("reverted " + i.String())
	i.scope.emit(record.Event{Kind: record.Reverted, ID: i.id, Text: i.merged().Evidence.Summary, Failed: err != nil})
	if err != nil {
		return &toolError{err}
	}
	var errs []error
	for _, p := range i.parts {
		errs = append(errs, judge(p.rec))
	}
	return errors.Join(errs...)
}

// judge says what is wrong with an injection that was undone: a finding about
// the target, or an experiment that proves nothing.
func judge(rec record.Injection) error {
	e := rec.Evidence
	switch {
	case e.TargetDied:
		return fmt.Errorf("%s: the container's first process ended under the fault: %s", rec, e.Summary)
	case e.LeaseLapsed:
		return &toolError{fmt.Errorf("%s: the fault ended by itself before it was reverted, because its lease was not renewed for %s (was this process stopped, or the machine out of breath?): what was measured meanwhile proves nothing", rec, wire.Lease)}
	case !e.Effective:
		return &toolError{fmt.Errorf("%s: the fault did not have the effect that it names, so nothing was shown: %s", rec, e.Summary)}
	}
	return nil
}

// atEnd is the revert that the test's end calls.
func (i *Injection) atEnd() {
	ctx, cancel := own(cleanupWithin)
	defer cancel()
	if _, over := i.ended(); over || !i.wasLive() {
		return
	}
	if err := i.revert(ctx); err != nil {
		i.scope.findings(err)
	}
}

// wasLive is false for an injection that was refused, and has been undone.
func (i *Injection) wasLive() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.parts {
		if p.live {
			return true
		}
	}
	return false
}
