package memory

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
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Faults returns the handlers of the faults that act on memory.
func Faults() []injector.Handler {
	return []injector.Handler{injector.Handle(fill)}
}

// patience is how long the filling may stand still before it fails.
const patience = 5 * time.Second

// renewEvery is how often the lease is renewed during the filling.
const renewEvery = 100 * time.Millisecond

// fill starts a worker in the target's memory cgroup. It returns when the container's
// memory without page cache has reached the share of the limit.
func fill(ctx context.Context, request injector.Request[fault.MemoryFillFault], journal *injector.Journal) (injector.Live, error) {
	b, err := survey(request)
	if err != nil {
		return nil, err
	}
	if err := journal.Before("end the memory worker in "+b.Name, b.end); err != nil {
		return nil, err
	}
	if err := b.Claim(cgroup.Memory, cgroup.MemoryRoom, request.Fault, request.ID); err != nil {
		return nil, err
	}
	b.proc, err = worker.Start[reading](ctx, worker.Order{
		Program: Program, Target: b.Group, Controllers: []string{cgroup.Memory},
		Config: config{Share: float64(b.share), Step: b.step},
	})
	if err != nil {
		return nil, b.Wrap(err)
	}
	if err := b.proc.Renew(request.Lease()); err != nil {
		return nil, b.Wrap(err)
	}
	if err := b.waitUntilFull(ctx, request.Lease); err != nil {
		return nil, b.Wrap(err)
	}
	if err := b.attest(); err != nil {
		return nil, err
	}
	b.Begin()
	return b, nil
}

// survey reads the state of the cgroup, and refuses what cannot be done. It touches
// nothing.
func survey(request injector.Request[fault.MemoryFillFault]) (*balloon, error) {
	share := request.Fault.Share
	site, err := injector.Survey("fill memory of "+request.Target.Name, request.Fault, request.Target, injector.Need{
		Controller: cgroup.Memory, What: "the memory controller in the container's cgroup", Have: "it is not enabled there",
		Fix: "boot the host with cgroup_enable=memory, or enable the controller in cgroup.subtree_control",
	})
	if err != nil {
		return nil, err
	}
	b := &balloon{Site: site, share: share}
	if err := b.Free(cgroup.Memory, cgroup.MemoryRoom); err != nil {
		return nil, err
	}
	var limited bool
	if b.limit, limited, err = b.Group.MemoryLimit(); err != nil {
		return nil, b.Wrap(err)
	}
	if !limited {
		return nil, b.Wrap(fmt.Errorf("the container has no memory limit that it could reach %s of: start it with one (docker run --memory)", share))
	}
	if b.smaller, b.less, err = b.Group.OwnMemoryLimits(); err != nil {
		return nil, b.Wrap(err)
	}
	used, err := b.Group.MemoryUsed()
	if err != nil {
		return nil, b.Wrap(err)
	}
	b.goal, b.step = uint64(float64(share)*float64(b.limit)), step(b.limit)
	if used+b.step > b.goal {
		return nil, b.Wrap(fmt.Errorf("its memory without page cache, %s, is already %s of its limit of %s: ask for a larger share",
			units.Bytes(used), units.Percent(float64(used)/float64(b.limit)), units.Bytes(b.limit)))
	}
	if b.killsBefore, err = b.Group.OOMKills(); err != nil {
		return nil, b.Wrap(err)
	}
	return b, b.Remember(cgroup.Memory)
}

// waitUntilFull waits until the goal is reached. It renews the worker's lease
// meanwhile, because the host's renewals reach the worker only after Apply returns.
func (b *balloon) waitUntilFull(ctx context.Context, lease func() uint64) error {
	var r reading
	for held, progress := uint64(0), time.Now(); time.Since(progress) < patience; {
		if err := b.proc.Renew(lease()); err != nil {
			return b.stopped(r, err)
		}
		turn, cancel := context.WithTimeout(ctx, renewEvery)
		var err error
		r, err = b.proc.Await(turn, func(r reading) bool { return r.Reached || r.Held > held })
		cancel()
		switch {
		case err == nil && r.Reached:
			return nil
		case err == nil:
			held, progress = r.Held, time.Now()
		case ctx.Err() != nil || b.proc.Err() != nil:
			return b.stopped(r, err)
		}
	}
	return fmt.Errorf("it stands still at %s of %s after %s: is its memory being swapped out, or throttled by memory.high?",
		units.Bytes(r.Used), units.Bytes(b.goal), patience)
}

// stopped says why the filling ended before the goal was reached.
func (b *balloon) stopped(r reading, err error) error {
	if kills, text := b.kills(); kills > 0 {
		return errors.New(text)
	}
	return fmt.Errorf("at %s of %s: %w", units.Bytes(r.Used), units.Bytes(b.goal), err)
}

func (b *balloon) attest() error {
	used, err := b.Group.MemoryUsed()
	if err != nil {
		return b.Wrap(fmt.Errorf("read it back: %w", err))
	}
	r := b.proc.Latest()
	b.attestation = record.Attestation{
		Path: b.Group.Mechanism(cgroup.Memory),
		Readback: []string{
			fmt.Sprintf("limit: %s", units.Bytes(b.limit)),
			fmt.Sprintf("memory without page cache: %s, %s of the limit; the worker holds %s", units.Bytes(used), units.Percent(float64(used)/float64(b.limit)), units.Bytes(r.Held)),
			fmt.Sprintf("cgroup.procs: lists the worker, process %d", b.proc.PID()),
			fmt.Sprintf("oom_kill: %d, as before", b.killsBefore),
		},
	}
	if r.Swappable {
		b.note("the host has swap, and the agent may not lock memory (CAP_IPC_LOCK): the worker's memory may move there")
	}
	if b.smaller != "" {
		b.note(fmt.Sprintf("the first process's own group %s has a smaller limit, %s: the share is of the container's", b.smaller, units.Bytes(b.less)))
	}
	if b.Group.OOMKillsAll() {
		b.note("memory.oom.group is 1: an out-of-memory kill ends the worker and the container together")
	}
	return nil
}

func (b *balloon) note(text string) { b.attestation.Notes = append(b.attestation.Notes, text) }

// Prove checks that the worker and its memory are gone, and that the container's
// limits are as before.
func (b *balloon) Prove() error { return b.ProveUndone(b.proc.ProveGone(), b.released) }
