package cpu

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Faults are the handlers of the faults that act on processor time.
func Faults() []injector.Handler {
	return []injector.Handler{injector.Handle(burn)}
}

// controllers are the ones whose groups the burner joins: where its time is
// counted, limited, and bound to processors.
func controllers(g *cgroup.Group) []string {
	joined := []string{cgroup.CPUAcct}
	for _, c := range []string{cgroup.CPU, cgroup.CPUSet} {
		if g.Has(c) {
			joined = append(joined, c)
		}
	}
	return joined
}

// burn starts a burner in the target's cgroup and returns when the burner has
// burnt, or when it has seen that the container uses its share without it.
func burn(ctx context.Context, request injector.Request[fault.CPUBurnFault], journal *injector.Journal) (injector.Live, error) {
	began := time.Now()
	b, err := survey(request.Fault, request.Target)
	if err != nil {
		return nil, err
	}
	if err := journal.Before("end the CPU burner in "+b.name, b.end); err != nil {
		return nil, err
	}
	b.proc, err = worker.Start[reading](ctx, worker.Order{
		Program: Program, Target: b.group, Controllers: controllers(b.group),
		Config: config{Cores: b.cores, Share: float64(b.share)},
	})
	if err != nil {
		return nil, fmt.Errorf("burn CPU in %s: %w", b.name, err)
	}
	if b.usage0, err = b.group.CPUUsage(); err != nil {
		return nil, fmt.Errorf("burn CPU in %s: %w", b.name, err)
	}
	b.start = injector.Monotonic()
	b.idle = b.proc.CPUTime()
	if err := b.proc.Begin(request.Lease()); err != nil {
		return nil, fmt.Errorf("burn CPU in %s: %w", b.name, err)
	}
	first, err := b.proc.Await(ctx, func(r reading) bool { return r.At != 0 && (r.Asked > 0 || b.reached(r)) })
	if err != nil {
		return nil, fmt.Errorf("burn CPU in %s: wait for the counter to move: %w", b.name, err)
	}
	b.attest(first, time.Since(began))
	return b, nil
}

// survey reads what is there, and refuses what cannot be done, before anything is touched.
func survey(f fault.CPUBurnFault, target injector.Target) (*burner, error) {
	b := &burner{name: target.Name, share: f.Share}
	var err error
	if b.group, err = cgroup.Of(target.PID, target.ID); err != nil {
		return nil, fmt.Errorf("burn CPU in %s: %w", b.name, err)
	}
	if !b.group.Has(cgroup.CPUAcct) {
		return nil, &fault.UnsupportedError{
			What: f.String(), Needs: "a counter of the container's CPU time", Have: "its cgroup has none",
			Do: "mount the cpuacct controller (v1) or cgroup v2 on the host",
		}
	}
	if b.group.Has(cgroup.Freezer) {
		frozen, err := b.group.Frozen()
		if err != nil {
			return nil, fmt.Errorf("burn CPU in %s: %w", b.name, err)
		}
		if frozen {
			return nil, fmt.Errorf("burn CPU in %s: the container is paused, so nothing would run: revert the pause first", b.name)
		}
	}
	b.cores, b.quota, err = b.group.CPUQuota()
	if err == nil {
		b.before, err = b.group.Snapshot(controllers(b.group)...)
	}
	if err != nil {
		return nil, fmt.Errorf("burn CPU in %s: %w", b.name, err)
	}
	return b, nil
}

// reached reports whether the container has used its share so far.
func (b *burner) reached(r reading) bool {
	return float64(r.Usage-b.usage0) >= float64(b.share)*b.cores*float64(r.At-b.start)
}

func (b *burner) attest(first reading, took time.Duration) {
	quota := fmt.Sprintf("quota: %.3g processors", b.cores)
	if !b.quota {
		quota = fmt.Sprintf("quota: none, so the %.3g processors that the container may run on", b.cores)
	}
	moved := fmt.Sprintf("usage counter: moved by %s, of which the burner was to burn %s", first.Usage-b.usage0, first.Asked)
	b.attestation = record.Attestation{
		Path: b.group.Mechanism(cgroup.CPUAcct),
		Readback: []string{
			quota,
			fmt.Sprintf("cgroup.procs: lists the burner, process %d", b.proc.PID()),
			moved,
		},
		Took: took,
	}
}

// Prove compares the container's limits with those before, once the burner is gone.
func (b *burner) Prove() error {
	var errs []error
	if b.group.Exists() {
		in, err := b.group.Holds(b.proc.PID(), cgroup.CPUAcct)
		if in {
			err = fmt.Errorf("the kernel still lists the burner, process %d", b.proc.PID())
		}
		if b.group.Exists() { // it may have gone in between
			errs = append(errs, err)
		}
	}
	errs = append(errs, b.group.Unchanged(b.before))
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("prove that the CPU burn in %s is undone: %w", b.name, err)
	}
	return nil
}
