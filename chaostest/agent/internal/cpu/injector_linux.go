package cpu

import (
	"context"
	"fmt"
	"math"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Faults returns the handlers of the faults that act on processor time. The keeper
// ends the faults that the kernel does not end by itself.
func Faults(k *keeper.Keeper) []injector.Handler {
	return []injector.Handler{
		injector.Handle(burn),
		injector.Handle(throttler{k}.apply),
	}
}

// controllers are the ones whose groups the burner joins. They count its time, limit
// it, and bind it to processors.
func controllers(g *cgroup.Group) []string {
	joined := []string{cgroup.CPUAcct}
	for _, c := range []string{cgroup.CPU, cgroup.CPUSet} {
		if g.Has(c) {
			joined = append(joined, c)
		}
	}
	return joined
}

// burn starts a burner in the target's cgroup. It returns when the burner has begun
// to burn, or has seen that the container uses its share without it.
func burn(ctx context.Context, request injector.Request[fault.CPUBurnFault], journal *injector.Journal) (injector.Live, error) {
	b, err := survey(request)
	if err != nil {
		return nil, err
	}
	if err := journal.Before("end the CPU burner in "+b.Name, b.end); err != nil {
		return nil, err
	}
	if err := b.Claim(cgroup.CPUAcct, cgroup.CPUTime, request.Fault, request.ID); err != nil {
		return nil, err
	}
	// Another fault may have lowered the quota, and may be reverted before this one.
	most, _, err := b.Group.CPUQuotaWithoutFaults()
	if err != nil {
		return nil, b.Wrap(err)
	}
	b.threads = int(math.Ceil(max(most, b.cores)))
	b.proc, err = worker.Start[reading](ctx, worker.Order{
		Program: Program, Target: b.Group, Controllers: controllers(b.Group),
		Config: config{Share: float64(b.share), Threads: b.threads},
	})
	if err != nil {
		return nil, b.Wrap(err)
	}
	b.usedBefore = b.proc.CPUTime()
	if err := b.proc.Renew(request.Lease()); err != nil {
		return nil, b.Wrap(err)
	}
	first, err := b.proc.Await(ctx, func(r reading) bool { return r.At != 0 && (r.Asked > 0 || b.reached(r)) })
	if err != nil {
		return nil, b.Wrap(fmt.Errorf("wait for the counter to move: %w", err))
	}
	b.attest(first)
	b.Begin()
	return b, nil
}

// survey reads the state of the cgroup, and refuses what cannot be done. It touches
// nothing.
func survey(request injector.Request[fault.CPUBurnFault]) (*burner, error) {
	site, err := injector.Survey("burn CPU in "+request.Target.Name, request.Fault, request.Target, injector.Need{
		Controller: cgroup.CPUAcct, What: "a counter of the container's CPU time", Have: "its cgroup has none",
		Fix: "mount the cpuacct controller (v1) or cgroup v2 on the host",
	})
	if err != nil {
		return nil, err
	}
	b := &burner{Site: site, share: request.Fault.Share}
	if err := b.Free(cgroup.CPUAcct, cgroup.CPUTime); err != nil {
		return nil, err
	}
	if b.cores, b.quota, err = b.Group.CPUQuota(); err != nil {
		return nil, b.Wrap(err)
	}
	return b, b.Remember(controllers(b.Group)...)
}

// reached reports whether the container has used its share so far.
func (b *burner) reached(r reading) bool {
	return r.Full > 0 && float64(r.Usage-r.Since) >= float64(b.share)*float64(r.Full)
}

func (b *burner) attest(first reading) {
	quota := fmt.Sprintf("quota: %.3g processors", b.cores)
	if !b.quota {
		quota = fmt.Sprintf("quota: none, so the %.3g processors that the container may run on", b.cores)
	}
	moved := fmt.Sprintf("usage counter: moved by %s; the burner was asked to burn %s", first.Usage-first.Since, first.Asked)
	b.attestation = record.Attestation{
		Path: b.Group.Mechanism(cgroup.CPUAcct),
		Readback: []string{
			quota,
			fmt.Sprintf("cgroup.procs: lists the burner, process %d", b.proc.PID()),
			moved,
		},
	}
	if first.Step > coarse {
		b.attestation.Notes = append(b.attestation.Notes,
			fmt.Sprintf("the kernel counts processor time in steps of %s, so spans of few such steps are not exact", first.Step))
	}
}

// Prove checks that the burner is gone, and that the container's limits are as before.
func (b *burner) Prove() error { return b.ProveUndone(b.proc.ProveGone()) }
