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

// Faults returns the handlers of the faults that act on processes. The keeper ends
// the faults that the kernel does not end by itself.
func Faults(k *keeper.Keeper) []injector.Handler {
	return []injector.Handler{injector.Handle(freezer{k}.apply)}
}

// patience is how long the kernel may take to freeze or thaw a container. It takes
// microseconds, unless a process is in uninterruptible sleep.
const patience = 5 * time.Second

// freezer applies pauses.
type freezer struct{ keeper *keeper.Keeper }

// apply freezes the target. It returns when the kernel says that all processes of
// the target stand still.
func (f freezer) apply(ctx context.Context, request injector.Request[fault.PauseFault], journal *injector.Journal) (injector.Live, error) {
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
	p.Begin()
	dir, err := p.Group.Dir(cgroup.Freezer)
	if err != nil {
		return nil, p.Wrap(err)
	}
	p.attestation = record.Attestation{Path: p.Group.Mechanism(cgroup.Freezer), Readback: []string{dir + ": frozen"}}
	return p, nil
}

// survey reads the state of the cgroup, and refuses what cannot be done. It touches
// nothing.
func survey(request injector.Request[fault.PauseFault]) (*injector.Site, error) {
	site, err := injector.Survey("pause "+request.Target.Name, request.Fault, request.Target, injector.Need{
		Controller: cgroup.Freezer, What: "the cgroup freezer", Have: "the container's cgroup has none",
		Fix: "mount the freezer controller (v1), or use Linux 5.2 or later (v2)",
	})
	if err != nil {
		return nil, err
	}
	if err := refuseAgentsGroup(site.Group); err != nil {
		return nil, site.Wrap(err)
	}
	return site, site.Remember(cgroup.Freezer)
}

// refuseAgentsGroup refuses a group that contains this process: the agent could not
// thaw the group once it is frozen itself.
func refuseAgentsGroup(g *cgroup.Group) error {
	target, err := g.Dir(cgroup.Freezer)
	if err != nil {
		return err
	}
	agent, err := cgroup.Of(os.Getpid(), "")
	if err != nil {
		return err
	}
	// An error means that the agent is at the root, and so in no container's group.
	if dir, err := agent.Dir(cgroup.Freezer); err == nil && strings.HasPrefix(dir+"/", target+"/") {
		return fmt.Errorf("the agent itself runs in its cgroup %s: start the agent elsewhere", target)
	}
	return nil
}
