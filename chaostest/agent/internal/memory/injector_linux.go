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
)

// Faults are the handlers of the faults that act on memory.
func Faults() []injector.Handler {
	return []injector.Handler{injector.Handle(fill)}
}

// patience is how long the filling may stand still before it is given up.
const patience = 5 * time.Second

// renewEvery is how often the lease is renewed while it goes on.
const renewEvery = 100 * time.Millisecond

// fill starts a worker in the target's memory cgroup and returns when the
// working set has reached its share of the limit.
func fill(ctx context.Context, request injector.Request[fault.MemoryFillFault], journal *injector.Journal) (injector.Live, error) {
	began := time.Now()
	b, err := survey(request.Fault, request.Target)
	if err != nil {
		return nil, err
	}
	if err := journal.Before("end the memory worker in "+b.name, b.end); err != nil {
		return nil, err
	}
	b.proc, err = worker.Start[reading](ctx, worker.Order{
		Program: Program, Target: b.group, Controllers: []string{cgroup.Memory},
		Config: config{Goal: b.goal, Step: b.step},
	})
	if err != nil {
		return nil, fmt.Errorf("fill memory of %s: %w", b.name, err)
	}
	if err := b.proc.Begin(request.Lease()); err != nil {
		return nil, fmt.Errorf("fill memory of %s: %w", b.name, err)
	}
	if err := b.reach(ctx, request.Lease); err != nil {
		return nil, fmt.Errorf("fill memory of %s: %w", b.name, err)
	}
	if err := b.attest(began); err != nil {
		return nil, err
	}
	return b, nil
}

// survey reads what is there, and refuses what cannot be done, before anything is touched.
func survey(f fault.MemoryFillFault, target injector.Target) (*balloon, error) {
	b := &balloon{name: target.Name, share: f.Share}
	wrap := func(err error) error { return fmt.Errorf("fill memory of %s: %w", b.name, err) }
	var err error
	if b.group, err = cgroup.Of(target.PID, target.ID); err != nil {
		return nil, wrap(err)
	}
	if !b.group.Has(cgroup.Memory) {
		return nil, &fault.UnsupportedError{
			What: f.String(), Needs: "the memory controller in the container's cgroup", Have: "it is not enabled there",
			Do: "boot the host with cgroup_enable=memory, or enable the controller in cgroup.subtree_control",
		}
	}
	if b.group.Has(cgroup.Freezer) {
		if frozen, err := b.group.Frozen(); err != nil {
			return nil, wrap(err)
		} else if frozen {
			return nil, wrap(errors.New("the container is paused: revert the pause first"))
		}
	}
	var limited bool
	if b.limit, limited, err = b.group.MemoryLimit(); err != nil {
		return nil, wrap(err)
	}
	if !limited {
		return nil, wrap(fmt.Errorf("the container has no memory limit, so %s of it is nothing: start it with one (docker run --memory)", f.Share))
	}
	set, err := b.group.WorkingSet()
	if err != nil {
		return nil, wrap(err)
	}
	b.goal, b.step = uint64(float64(f.Share)*float64(b.limit)), step(b.limit)
	if set+b.step > b.goal {
		return nil, wrap(fmt.Errorf("its working set of %s is %s of its limit of %s already: ask for more than that",
			bytes(set), percent(set, b.limit), bytes(b.limit)))
	}
	if b.kills0, err = b.group.OOMKills(); err != nil {
		return nil, wrap(err)
	}
	if b.before, err = b.group.Snapshot(cgroup.Memory); err != nil {
		return nil, wrap(err)
	}
	return b, nil
}

// reach waits as long as the filling goes on, and keeps its lease alive
// meanwhile: what the agent's host renews is not handed on before Apply returns.
func (b *balloon) reach(ctx context.Context, lease func() uint64) error {
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
		bytes(r.WorkingSet), bytes(b.goal), patience)
}

// stopped says why the filling ended before its goal.
func (b *balloon) stopped(r reading, err error) error {
	if kills, text := b.kills(); kills > 0 {
		return errors.New(text)
	}
	return fmt.Errorf("at %s of %s: %w", bytes(r.WorkingSet), bytes(b.goal), err)
}

func (b *balloon) attest(began time.Time) error {
	set, err := b.group.WorkingSet()
	if err != nil {
		return fmt.Errorf("fill memory of %s: read it back: %w", b.name, err)
	}
	r := b.proc.Latest()
	b.attestation = record.Attestation{
		Path: b.group.Mechanism(cgroup.Memory),
		Readback: []string{
			fmt.Sprintf("limit: %s", bytes(b.limit)),
			fmt.Sprintf("working set: %s, %s of the limit; the worker holds %s", bytes(set), percent(set, b.limit), bytes(r.Held)),
			fmt.Sprintf("cgroup.procs: lists the worker, process %d", b.proc.PID()),
			fmt.Sprintf("oom_kill: %d, as before", b.kills0),
		},
		Took: time.Since(began),
	}
	if r.Swappable {
		b.note("the host has swap, and the agent may not lock memory (CAP_IPC_LOCK): the worker's memory may move there")
	}
	if b.group.OOMKillsAll() {
		b.note("memory.oom.group is 1: an out-of-memory kill ends the worker and the container together")
	}
	return nil
}

func (b *balloon) note(text string) { b.attestation.Notes = append(b.attestation.Notes, text) }

// Prove compares with the state before, once the worker is gone.
func (b *balloon) Prove() error {
	errs := []error{b.group.Unchanged(b.before)}
	if b.group.Exists() {
		in, err := b.group.Holds(b.proc.PID(), cgroup.Memory)
		if in {
			err = fmt.Errorf("the kernel still lists the worker, process %d", b.proc.PID())
		}
		if b.group.Exists() { // it may have gone in between
			errs = append(errs, err)
		}
	}
	b.mu.Lock()
	errs = append(errs, b.released)
	b.mu.Unlock()
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("prove that the memory fill of %s is undone: %w", b.name, err)
	}
	return nil
}

func percent(part, of uint64) string {
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(of))
}

// bytes prints a number of bytes in MiB, with the digits of the smallest step.
func bytes(n uint64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
