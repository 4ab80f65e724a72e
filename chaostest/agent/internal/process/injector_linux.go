package process

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Faults are the handlers of the faults that act on processes. The keeper ends
// what the kernel does not end by itself.
func Faults(k *keeper.Keeper) []injector.Handler {
	return []injector.Handler{injector.Handle(freezing{k}.apply)}
}

// patience is how long the kernel may take to freeze or thaw a container. It
// needs microseconds, unless a process sleeps uninterruptibly.
const patience = 5 * time.Second

// freezing is the handler of pauses.
type freezing struct{ keeper *keeper.Keeper }

// apply freezes the target and returns when the kernel says that all its
// processes stand still.
func (f freezing) apply(ctx context.Context, request injector.Request[fault.PauseFault], journal *injector.Journal) (injector.Live, error) {
	site, err := survey(request)
	if err != nil {
		return nil, err
	}
	p := &pause{Site: site}
	if err := journal.Before("thaw "+p.Name, p.end); err != nil {
		return nil, err
	}
	file, frozen, err := p.Group.FreezerFile()
	if err != nil {
		return nil, p.Wrap(err)
	}
	if p.hold, err = f.keeper.Hold(ctx, keeper.Order{
		Target: p.Group, Controller: cgroup.Freezer, File: file, Now: frozen,
		Fault: request.Fault.String(), Injection: request.ID, Lease: request.Lease,
	}); err != nil {
		return nil, p.Wrap(err)
	}
	turn, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.Group.Freeze(turn); err != nil {
		return nil, p.Wrap(err)
	}
	p.frozen = injector.Monotonic()
	dir, err := p.Group.Dir(cgroup.Freezer)
	if err != nil {
		return nil, p.Wrap(err)
	}
	p.attestation = record.Attestation{Path: p.Group.Mechanism(cgroup.Freezer), Readback: []string{dir + ": frozen"}}
	return p, nil
}

// survey reads what is there, and refuses what cannot be done, before anything is touched.
func survey(request injector.Request[fault.PauseFault]) (*injector.Site, error) {
	site, err := injector.Survey("pause "+request.Target.Name, request.Fault, request.Target, injector.Need{
		Controller: cgroup.Freezer, What: "the cgroup freezer", Have: "the container's cgroup has none",
		Fix: "mount the freezer controller (v1), or use Linux 5.2 or later (v2)",
	})
	if err != nil {
		return nil, err
	}
	if err := notOurselves(site.Group); err != nil {
		return nil, site.Wrap(err)
	}
	return site, site.Remember(cgroup.Freezer)
}

// notOurselves refuses a group that holds this process: it would stop the one
// that has to thaw it.
func notOurselves(g *cgroup.Group) error {
	target, err := g.Dir(cgroup.Freezer)
	if err != nil {
		return err
	}
	us, err := cgroup.Of(os.Getpid(), "")
	if err != nil {
		return err
	}
	// At the root we are in nobody's group, and Dir says so with an error.
	if own, err := us.Dir(cgroup.Freezer); err == nil && strings.HasPrefix(own+"/", target+"/") {
		return fmt.Errorf("the agent itself runs in its cgroup %s: start the agent elsewhere", target)
	}
	return nil
}
