package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Faults are the handlers of the faults that act on processes.
func Faults() []injector.Handler {
	return []injector.Handler{injector.Handle(freeze)}
}

// patience is how long the kernel may take to freeze or thaw a container. It
// needs microseconds, unless a process sleeps uninterruptibly.
const patience = 5 * time.Second

// freeze freezes the target and returns when the kernel says that all its
// processes stand still.
func freeze(ctx context.Context, request injector.Request[fault.PauseFault], journal *injector.Journal) (injector.Live, error) {
	began := time.Now()
	p, err := survey(request.Fault, request.Target)
	if err != nil {
		return nil, err
	}
	if err := journal.Before("thaw "+p.name, p.end); err != nil {
		return nil, err
	}
	turn, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p.asked = true
	if err := p.group.Freeze(turn); err != nil {
		return nil, fmt.Errorf("pause %s: %w", p.name, err)
	}
	p.frozen = time.Now()
	dir, err := p.group.Dir(cgroup.Freezer)
	if err != nil {
		return nil, fmt.Errorf("pause %s: %w", p.name, err)
	}
	p.attestation = record.Attestation{
		Path:     p.group.Mechanism(cgroup.Freezer),
		Readback: []string{dir + ": frozen"},
		Took:     time.Since(began),
	}
	p.guard(request.Lease()) //nolint:contextcheck // it lives longer than the request
	return p, nil
}

// survey reads what is there, and refuses what cannot be done, before anything is touched.
func survey(f fault.PauseFault, target injector.Target) (*pause, error) {
	p := &pause{name: target.Name, renewed: make(chan uint64, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	var err error
	if p.group, err = cgroup.Of(target.PID, target.ID); err != nil {
		return nil, fmt.Errorf("pause %s: %w", p.name, err)
	}
	if !p.group.Has(cgroup.Freezer) {
		return nil, &fault.UnsupportedError{
			What: f.String(), Needs: "the cgroup freezer", Have: "the container's cgroup has none",
			Do: "mount the freezer controller (v1), or use Linux 5.2 or later (v2)",
		}
	}
	frozen, err := p.group.Frozen()
	if err == nil && frozen {
		err = errors.New("it is paused already, by somebody else or by another injection: unpause it first")
	}
	if err == nil {
		err = notOurselves(p.group)
	}
	if err == nil {
		p.before, err = p.group.Snapshot(cgroup.Freezer)
	}
	if err != nil {
		return nil, fmt.Errorf("pause %s: %w", p.name, err)
	}
	return p, nil
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

// Prove compares the freezer with its state before.
func (p *pause) Prove() error {
	if err := p.group.Unchanged(p.before); err != nil {
		return fmt.Errorf("prove that the pause of %s is undone: %w", p.name, err)
	}
	return nil
}
