package network

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// injection is one fault on one target.
type injection struct {
	*shared
	packets *Injector
	request injector.Request[fault.Fault]
	journal *injector.Journal
	pending int // undo steps that are left, without the last
	lease   lease
	target  int // pidfd of the target's first process

	mu          sync.Mutex // of what follows
	strands     []*strand
	attestation record.Attestation
	until       uint64
	running     bool // the deadline is in the map
	lapsed      bool // the deadline has passed while it was running
	died        bool
	left        bool // nothing is held any more
	proof       error
}

var _ injector.Live = (*injection)(nil)

// Attestation is what the kernel read back.
func (i *injection) Attestation() record.Attestation {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.attestation
}

// Prove says what differs from the state before, as the last undo step found it.
func (i *injection) Prove() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.proof
}

// beforeDoing writes an undo step down. The step runs with the namespace locked.
func (i *injection) beforeDoing(what string, undo func() error) error {
	return i.beforeUnlocked(what, func() error {
		i.shared.mu.Lock()
		defer i.shared.mu.Unlock()
		return undo()
	})
}

func (i *injection) beforeUnlocked(what string, undo func() error) error {
	i.pending++
	return i.journal.Before(what, func() error {
		if err := undo(); err != nil {
			return err
		}
		i.pending--
		return nil
	})
}

// enter takes hold of the target and its namespace. The undo, the last of all,
// compares the namespace with the state before and lets go of it.
func (i *injection) enter() error {
	if err := i.journal.Before("let go of the network namespace of "+i.request.Target.Name, i.leave); err != nil {
		return err
	}
	pid := i.request.Target.PID
	target, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return fmt.Errorf("find process %d of container %s: %w: has the container stopped?", pid, i.request.Target.Name, err)
	}
	i.target = target
	if err := checkTarget(i.request.Target); err != nil {
		return err
	}
	i.shared, err = i.packets.enter(pid)
	return err
}

func (i *injection) leave() error {
	if i.pending > 0 {
		return fmt.Errorf("%d steps before this one are not undone", i.pending)
	}
	var proof error
	if i.shared != nil {
		i.shared.mu.Lock()
		if i.live[i.request.ID] == i {
			proof = i.prove()
			delete(i.live, i.request.ID)
		}
		i.shared.mu.Unlock()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.left {
		return nil
	}
	i.left, i.proof = true, proof
	var errs []error
	if i.target >= 0 {
		i.died = i.died || i.hasDied()
		errs = append(errs, unix.Close(i.target))
	}
	if i.lease.values != nil {
		errs = append(errs, i.lease.values.Close())
	}
	if i.shared != nil {
		errs = append(errs, i.packets.leave(i.shared))
	}
	return errors.Join(errs...)
}

// begin lets the fault run, everywhere at once.
func (i *injection) begin() error {
	if err := i.beforeDoing("end the lease", i.end); err != nil {
		return err
	}
	until := i.request.Lease()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.until, i.running = until, true
	return i.lease.renew(until)
}

// end stops the fault everywhere at once, before anything is taken apart.
func (i *injection) end() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.noteLapse()
	if err := i.lease.renew(i.until | resting); err != nil {
		return err
	}
	i.running = false
	return nil
}

// Renew moves the deadline. A fault that has lapsed meanwhile runs again, but
// its evidence says so for good.
func (i *injection) Renew(until uint64) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.running {
		return nil
	}
	i.noteLapse()
	i.until = until
	return i.lease.renew(until)
}

func (i *injection) noteLapse() {
	i.lapsed = i.lapsed || i.running && injector.Monotonic() >= i.until
}

// hasDied asks the kernel whether the target's first process has ended.
func (i *injection) hasDied() bool {
	poll := []unix.PollFd{{Fd: int32(i.target), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0
}
