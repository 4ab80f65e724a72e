package process

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// pause is one live pause.
type pause struct {
	name        string
	group       *cgroup.Group
	before      cgroup.Snapshot
	attestation record.Attestation

	asked  bool      // the freezer was written to
	frozen time.Time // when all stood still

	renewed chan uint64
	stop    chan struct{}
	stopped chan struct{} // closed when the guard has ended
	once    sync.Once

	mu      sync.Mutex
	guarded bool
	lapsed  bool
	final   *record.Evidence
}

var _ injector.Live = (*pause)(nil)

func (p *pause) Attestation() record.Attestation { return p.attestation }

// guard holds the lease: when it passes, or the target dies, the group is
// thawed. It is the one place where a pause gets its keeper; a keeper in a
// process of its own would be started here.
func (p *pause) guard(until uint64) {
	p.mu.Lock()
	p.guarded = true
	p.mu.Unlock()
	go p.keep(until)
}

// watchTarget is how often the guard looks whether the target lives. Its death
// leaves what else sits in its cgroup frozen on v2, the agent's workers among it.
const watchTarget = 100 * time.Millisecond

func (p *pause) keep(until uint64) {
	defer close(p.stopped)
	left := func() time.Duration { return time.Duration(int64(until - injector.Monotonic())) }
	lease := time.NewTimer(left())
	defer lease.Stop()
	look := time.NewTicker(watchTarget)
	defer look.Stop()
	for {
		select {
		case <-p.stop:
			return
		case until = <-p.renewed:
			lease.Reset(left())
		case <-look.C:
			if !p.group.Alive() {
				_ = p.thaw(false) // tried again, and reported, by the undo step
				return
			}
		case <-lease.C:
			select {
			case until = <-p.renewed: // it came in time, and both were waiting
				lease.Reset(left())
				continue
			default:
			}
			if p.thaw(true) == nil {
				return
			}
			lease.Reset(watchTarget) // it must not stay frozen: again
		}
	}
}

// Renew moves the end of the lease.
func (p *pause) Renew(until uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.final != nil {
		return fmt.Errorf("keep %s paused: it was thawed: %s", p.name, p.final.Summary)
	}
	select { // the newest wins
	case <-p.renewed:
	default:
	}
	p.renewed <- until
	return nil
}

// end is the undo step.
func (p *pause) end() error {
	if !p.asked {
		return nil
	}
	p.once.Do(func() { close(p.stop) })
	p.mu.Lock()
	guarded := p.guarded
	p.mu.Unlock()
	if guarded {
		<-p.stopped
	}
	return p.thaw(false)
}

// thaw ends the pause, once; lapsed says that it is the lease's doing.
func (p *pause) thaw(lapsed bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.final != nil {
		return nil
	}
	p.lapsed = lapsed
	last := p.evidence()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := p.group.Thaw(ctx); err != nil {
		p.lapsed = false
		return err
	}
	p.final = &last
	return nil
}

func (p *pause) Evidence() record.Evidence {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.final != nil {
		return *p.final
	}
	return p.evidence()
}

func (p *pause) evidence() record.Evidence {
	if p.frozen.IsZero() {
		return record.Evidence{Summary: "the container was never seen frozen"}
	}
	e := record.Evidence{LeaseLapsed: p.lapsed, TargetDied: !p.group.Alive()}
	stood := time.Since(p.frozen)
	e.Summary = fmt.Sprintf("all processes stood still for %s", stood.Round(time.Millisecond))
	frozen, err := p.group.Frozen()
	switch {
	case e.LeaseLapsed:
		e.Summary += "; the agent thawed them because the lease lapsed: the host fell silent"
	case e.TargetDied:
		e.Summary += "; the container's first process ended under the fault"
		e.Effective = true
	case err != nil:
		e.Summary = errors.Join(errors.New("read the freezer back"), err).Error()
	case !frozen:
		stood = 0 // nobody knows since when
		e.Summary = "somebody else has thawed the container, so how long it stood still is not known"
	default:
		e.Effective = true
	}
	e.Counts = []record.Count{{Name: "frozen", Unit: "s", Value: record.Float(stood.Seconds()), Merge: record.Max}}
	return e
}
