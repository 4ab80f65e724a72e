package network

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// injection is one fault on one target.
type injection struct {
	id       string
	target   injector.Target
	fault    packetFault
	filter   fault.Filter
	path     fault.Path    // the path that the user forces, if any
	leaseEnd func() uint64 // the present end of the lease

	namespaces *namespaces
	namespace  *namespace // nil until the target is entered
	journal    *injector.Journal
	pending    int // undo steps that are still to do, without the last one
	lease      *classifier.Lease
	pidfd      int // the target's first process

	mu            sync.Mutex // guards the fields below
	interceptions []*interception
	attestation   record.Attestation
	until         uint64
	running       bool // the deadline is in the map
	lapsed        bool // the deadline has passed while it was running
	died          bool
	released      bool // the namespace and the target are closed
	proof         error
}

var _ injector.Live = (*injection)(nil)

// Attestation is what was read back from the kernel.
func (i *injection) Attestation() record.Attestation {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.attestation
}

// Prove returns the differences from the state before, as the last undo step found them.
func (i *injection) Prove() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.proof
}

// beforeDoing records an undo step. The step runs with the namespace locked.
func (i *injection) beforeDoing(what string, undo func() error) error {
	return i.beforeDoingUnlocked(what, func() error {
		i.namespace.mu.Lock()
		defer i.namespace.mu.Unlock()
		return undo()
	})
}

func (i *injection) beforeDoingUnlocked(what string, undo func() error) error {
	i.pending++
	return i.journal.Before(what, func() error {
		if err := undo(); err != nil {
			return err
		}
		i.pending--
		return nil
	})
}

// enter opens the target and its namespace. Its undo step is the last one of all. It
// compares the namespace with the state before, and closes it.
func (i *injection) enter() error {
	pidfd, err := unix.PidfdOpen(i.target.PID, 0)
	if err != nil {
		return fmt.Errorf("find process %d of container %s: %w: has the container stopped?", i.target.PID, i.target.Name, err)
	}
	i.pidfd = pidfd
	err = checkTarget(i.target)
	if err == nil {
		err = i.journal.Before("close the network namespace of "+i.target.Name, i.leave)
	}
	if err != nil {
		return errors.Join(err, unix.Close(pidfd))
	}
	i.namespace, err = i.namespaces.enter(i.target.PID)
	return err
}

func (i *injection) leave() error {
	if i.pending > 0 {
		return fmt.Errorf("%d earlier undo steps have not been done", i.pending)
	}
	var proof error
	if n := i.namespace; n != nil {
		n.mu.Lock()
		if n.live[i.id] == i {
			proof = i.compare()
			delete(n.live, i.id)
		}
		n.mu.Unlock()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.released {
		return nil
	}
	i.released, i.proof = true, proof
	var errs []error
	if i.pidfd >= 0 {
		i.died = i.died || i.hasDied()
		errs = append(errs, unix.Close(i.pidfd))
	}
	if i.lease != nil {
		errs = append(errs, i.lease.Close())
	}
	if i.namespace != nil {
		errs = append(errs, i.namespaces.leave(i.namespace))
	}
	return errors.Join(errs...)
}

// hasDied asks the kernel whether the target's first process has ended.
func (i *injection) hasDied() bool {
	poll := []unix.PollFd{{Fd: int32(i.pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0
}

// nextSeed is the seed of the newest interception, or 0 if the fault makes no random
// choices. Seeds count up from the injection's seed, so that no two interceptions draw the
// same numbers.
func (i *injection) nextSeed() uint64 {
	seed, random := i.fault.seed()
	if !random {
		return 0
	}
	if i.attestation.Seed == 0 {
		if i.attestation.Seed = seed; seed == 0 {
			i.attestation.Seed = 1 + rand.Uint64N(1<<63)
		}
	}
	return i.attestation.Seed + uint64(len(i.interceptions)-1)
}

// Verify has nothing to compare.
func (i *injection) Verify() {}
