package network

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// injection is one fault on one target.
type injection struct {
	id        string
	target    injector.Target
	fault     packetFault
	path      fault.Path    // the path that the user forces, if any
	leaseEnd  func() uint64 // the present end of the lease
	comeAndGo bool          // the target's networks may come and go

	namespaces *namespaces
	namespace  *namespace // nil until the target is entered
	journal    *injector.Journal
	lease      *classifier.Lease
	dataPath   dataPath
	pidfd      int  // the target's first process
	firstIn    bool // that process was in the namespace when the fault began
	presence   injector.Presence
	whole      bool // nothing was missing at the last look; the namespace's lock guards it

	mu            sync.Mutex // guards the fields below; where the namespace's lock is held too, it was taken first
	filter        fault.Filter
	interceptions []*interception
	opened        int     // how many interceptions there have been
	past          touched // what those have counted that were undone while the fault was live
	attestation   record.Attestation
	until         uint64
	running       bool // the deadline is in the map
	lapsed        bool // the deadline has passed while it was running
	died          bool
	released      bool // the namespace and the target are closed
	proof         error
}

var (
	_ injector.Live     = (*injection)(nil)
	_ injector.Filtered = (*injection)(nil)
)

// patience is how long a change waits for another agent that changes the same namespace. It
// holds its lock for some milliseconds.
const patience = 10 * time.Second

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

// enter opens the target and its namespace. Its undo step is the last one of all. It
// compares the namespace with the state before, and closes it.
func (i *injection) enter() error {
	pidfd, err := unix.PidfdOpen(i.target.PID, 0)
	if err != nil {
		return fmt.Errorf("find process %d of container %s: %w: has the container stopped?", i.target.PID, i.target.Name, err)
	}
	i.pidfd = pidfd
	err = checkTarget(i.target)
	var path string
	if err == nil {
		path, i.attestation.Notes, err = findNamespace(i.target)
	}
	if err == nil {
		err = i.journal.Before("close the network namespace of "+i.target.Name, i.leave)
	}
	if err != nil {
		return errors.Join(err, unix.Close(pidfd))
	}
	if i.namespace, err = i.namespaces.enter(path); err != nil {
		return err
	}
	i.firstIn = !i.namespace.without(i.target.PID)
	return nil
}

func (i *injection) leave() error {
	if n := i.attached(); n > 0 {
		return fmt.Errorf("the fault has not been taken off %d hooks", n)
	}
	var proof error
	if n := i.namespace; n != nil && n.lives(i) {
		proof = n.change(patience, func([]tc.Link) error { return i.compare() })
		n.mu.Lock()
		delete(n.live, i.id)
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

// hasDied asks the kernel whether the target's first process has ended. A process whose
// first thread has ended lives as long as any of its threads.
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
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.attestation.Seed == 0 {
		if i.attestation.Seed = seed; seed == 0 {
			i.attestation.Seed = 1 + rand.Uint64N(1<<63)
		}
	}
	return i.attestation.Seed + uint64(i.opened-1)
}

// attest adds lines that were read back from the kernel before the fault began.
func (i *injection) attest(lines ...string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.running {
		return // the attestation has been given, and must not grow while links come and go
	}
	i.attestation.Readback = append(i.attestation.Readback, lines...)
}
