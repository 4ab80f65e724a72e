package process

import (
	"context"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// pause is a live pause.
type pause struct {
	*injector.Site
	attestation record.Attestation
	hold        *keeper.Hold // nil before the freezer is written to
	frozen      uint64       // when all processes stood still
	final       injector.Final
}

var _ injector.Live = (*pause)(nil)

func (p *pause) Attestation() record.Attestation { return p.attestation }

// Renew moves the end of the lease.
func (p *pause) Renew(until uint64) error {
	if err := p.hold.Renew(until); err != nil {
		return fmt.Errorf("keep %s paused: %w", p.Name, err)
	}
	return nil
}

// end is the undo step.
func (p *pause) end() error {
	if p.hold == nil {
		return nil
	}
	return p.final.End(p.evidence, p.thaw, func(*record.Evidence) {})
}

// thaw thaws the container, unless the keeper has done so: if it is frozen again
// since then, somebody else has frozen it.
func (p *pause) thaw() error {
	if why, _ := p.hold.Ending(); why == keeper.StillHeld {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := p.Group.Thaw(ctx); err != nil {
			return err
		}
	}
	return p.hold.Release()
}

// Prove checks that the freezer is as before.
func (p *pause) Prove() error { return p.ProveUndone() }

func (p *pause) Evidence() record.Evidence { return p.final.Evidence(p.evidence) }

func (p *pause) evidence() record.Evidence {
	if p.frozen == 0 {
		return record.Evidence{Summary: "the container was never seen frozen"}
	}
	ending, until := p.hold.Ending()
	if ending == keeper.StillHeld {
		until = injector.Monotonic()
	}
	stood := p.InForce(time.Duration(until - p.frozen))
	e := record.Evidence{
		Effective: true, Summary: fmt.Sprintf("all processes stood still for %s", stood.Round(time.Millisecond)),
		Counts: []record.Count{{Name: "frozen", Unit: "s", Value: record.Float(stood.Seconds()), Merge: record.Max}},
	}
	missing := p.missing()
	p.AddEnding(&e, ending == keeper.Lapsed, ending == keeper.TargetDied, "the keeper")
	if missing != "" && !e.LeaseLapsed && !e.TargetDied && e.Effective {
		e.Effective = false
		e.Summary += "; " + missing
	}
	return e
}

// missing says why the container does not stand still. It is empty when it does.
func (p *pause) missing() string {
	still, err := p.Group.Still()
	switch {
	case err != nil:
		return err.Error()
	case still:
		return ""
	}
	if frozen, err := p.Group.Frozen(); err == nil && frozen {
		return "not all processes stand still, though the freezer asks them to"
	}
	return "somebody else has thawed the container"
}

// Verify looks whether the container still stands still, and freezes it again when
// somebody else has thawed it: nothing else in it depends on that.
func (p *pause) Verify() {
	if why, _ := p.hold.Ending(); why != keeper.StillHeld {
		return
	}
	if p.Check(cgroup.Freezer, p.missing()) {
		_ = p.Group.AskToFreeze() // the next check says whether that has helped
	}
}
