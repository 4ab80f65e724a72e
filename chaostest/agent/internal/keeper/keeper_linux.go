package keeper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// Keeper is the agent's side of the keeper process. The first Hold starts the
// process.
type Keeper struct {
	mu     sync.Mutex
	child  *child           // nil when no process runs
	holds  map[string]*Hold // by path
	closed bool
}

// New makes a keeper.
func New() *Keeper { return &Keeper{holds: map[string]*Hold{}} }

// Order says which file a fault is about to set, and for how long.
type Order struct {
	Target *cgroup.Group
	// Controller and File name the file, and Now is what it will hold.
	Controller, File, Now string
	// Fault and Injection say what sets it.
	Fault, Injection string
	// Lease returns the present end of the lease, in nanoseconds of CLOCK_MONOTONIC.
	Lease func() uint64
}

// patience is how long the keeper may take to start and to answer. It takes
// milliseconds, unless the machine has no processor time left.
const patience = 20 * time.Second

// Hold asks the keeper to hold a file, and returns when it does. The fault may
// set the file from then on. When another fault has set the file, the error is a
// *cgroup.ClaimedError, and nothing was touched.
func (k *Keeper) Hold(ctx context.Context, o Order) (*Hold, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir, err := o.Target.Dir(o.Controller)
	if err != nil {
		return nil, err
	}
	before, err := cgroup.ReadSetting(dir, o.File)
	if err != nil {
		return nil, err
	}
	h := &Hold{
		keeper: k, target: o.Target.Process(), file: path.Join(dir, o.File), lease: o.Lease(), answered: make(chan struct{}), ended: make(chan struct{}),
		claim: cgroup.Claim{Dir: dir, File: o.File, Fault: o.Fault, Injection: o.Injection, Before: before, Now: o.Now},
	}
	if err := k.register(h); err != nil {
		return nil, err
	}
	turn, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-h.answered:
		k.mu.Lock()
		err = h.problem
		k.mu.Unlock()
	case <-turn.Done():
		err = fmt.Errorf("wait for the keeper: %w", turn.Err())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask the keeper to hold %s: %w", h.file, err), h.Release())
	}
	return h, nil
}

// register takes the claim and sends the order to the keeper process.
func (k *Keeper) register(h *Hold) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.start(); err != nil {
		return err
	}
	if err := k.setOwners(h); err != nil {
		return err
	}
	if err := h.claim.Take(); err != nil {
		return err
	}
	// Another agent may have reverted its fault since the file was read.
	value, err := cgroup.ReadSetting(h.claim.Dir, h.claim.File)
	if err == nil && value != h.claim.Before {
		h.claim.Before = value
		err = h.claim.Rewrite()
	}
	if err == nil {
		err = k.child.send(h.order())
	}
	if err != nil {
		return errors.Join(err, h.claim.Drop())
	}
	k.holds[h.file] = h
	return nil
}

// setOwners makes the agent and the present keeper process the claim's owners.
func (k *Keeper) setOwners(h *Hold) error {
	h.claim.Owners = nil
	for _, pid := range []int{os.Getpid(), k.child.pid()} {
		process, err := cgroup.ProcessOf(pid)
		if err != nil {
			return err
		}
		h.claim.Owners = append(h.claim.Owners, process)
	}
	return nil
}

// start starts a keeper process when none runs. A new one is told to hold
// everything that the last one held.
func (k *Keeper) start() error {
	if k.closed {
		return errors.New("start the keeper: the agent is ending")
	}
	if k.child != nil && k.child.ended() {
		k.childEnded()
	}
	if k.child != nil {
		return nil
	}
	c, err := launch(k.receive)
	if err != nil {
		return fmt.Errorf("start the keeper: %w", err)
	}
	k.child = c
	go k.watch(c)
	var errs []error
	for _, h := range k.holds {
		if err := errors.Join(k.setOwners(h), h.claim.Rewrite(), c.send(h.order())); err != nil {
			errs = append(errs, fmt.Errorf("ask the keeper to hold %s again: %w", h.file, err))
		}
	}
	return errors.Join(errs...)
}

// childEnded notes that the process has ended.
func (k *Keeper) childEnded() {
	k.child = nil
	for _, h := range k.holds {
		if h.released {
			k.remove(h)
		}
	}
}

// watch starts the process again when it dies while it holds a file. If that
// fails, the next renewal of a lease tries again.
func (k *Keeper) watch(c *child) {
	c.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.child != c {
		return // another process has replaced it
	}
	k.childEnded()
	if len(k.holds) == 0 || k.closed {
		return
	}
	if err := k.start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func (k *Keeper) remove(h *Hold) {
	delete(k.holds, h.file)
	close(h.ended)
}

// receive handles one event from the keeper process.
func (k *Keeper) receive(e event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.holds[e.File]
	switch {
	case h == nil:
		return
	case e.Held, e.Error != "":
		if e.Error != "" {
			h.problem = errors.New(e.Error)
		}
		h.answerOnce.Do(func() { close(h.answered) })
	case e.Ended != StillHeld:
		h.ending, h.endedAt = e.Ended, e.At
		k.remove(h)
	case e.Dropped:
		k.remove(h)
	}
}

// Close ends the process. The process first sets back the files that it holds.
func (k *Keeper) Close() error {
	k.mu.Lock()
	k.closed = true
	c := k.child
	k.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.close()
}
