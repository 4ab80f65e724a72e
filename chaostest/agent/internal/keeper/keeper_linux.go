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

// Keeper is the keeper process as the agent sees it. The process is started by
// the first hold.
type Keeper struct {
	mu     sync.Mutex
	child  *child // nil when there is none
	held   map[string]*Hold
	closed bool
}

// New makes a keeper.
func New() *Keeper { return &Keeper{held: map[string]*Hold{}} }

// Order says which file a fault is about to set, and for how long.
type Order struct {
	Target *cgroup.Group
	// Controller and File name the file, and Now is what it will hold.
	Controller, File, Now string
	// Fault and Injection name who sets it.
	Fault, Injection string
	// Lease is the end of the lease as of now, in nanoseconds of CLOCK_MONOTONIC.
	Lease func() uint64
}

// patience is how long the keeper may take to start and to answer: milliseconds,
// unless the machine has no processor time left.
const patience = 20 * time.Second

// Hold has a file held. It returns when the keeper has it: the file may be set
// from then on. When another fault has set the file, the error is a
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
		keeper: k, target: o.Target.Process(), file: path.Join(dir, o.File), lease: o.Lease(), held: make(chan struct{}), ended: make(chan struct{}),
		claim: cgroup.Claim{Dir: dir, File: o.File, Fault: o.Fault, Injection: o.Injection, Before: before, Now: o.Now},
	}
	if err := k.enter(h); err != nil {
		return nil, err
	}
	turn, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-h.held:
		k.mu.Lock()
		err = h.problem
		k.mu.Unlock()
	case <-turn.Done():
		err = fmt.Errorf("wait for the keeper: %w", turn.Err())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("have the keeper hold %s: %w", h.file, err), h.Release())
	}
	return h, nil
}

// enter takes the claim and sends the order.
func (k *Keeper) enter(h *Hold) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.start(); err != nil {
		return err
	}
	if err := k.own(h); err != nil {
		return err
	}
	if err := h.claim.Take(); err != nil {
		return err
	}
	// Another agent may have reverted its fault since the file was read.
	is, err := cgroup.ReadSetting(h.claim.Dir, h.claim.File)
	if err == nil && is != h.claim.Before {
		h.claim.Before = is
		err = h.claim.Rewrite()
	}
	if err == nil {
		err = k.child.send(h.order())
	}
	if err != nil {
		return errors.Join(err, h.claim.Drop())
	}
	k.held[h.file] = h
	return nil
}

// own makes the agent and the keeper that runs the owners of a claim.
func (k *Keeper) own(h *Hold) error {
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

// start makes sure that there is a process, and has a new one hold everything.
func (k *Keeper) start() error {
	if k.closed {
		return errors.New("start the keeper: the agent is ending")
	}
	if k.child != nil && k.child.ended() {
		k.bury()
	}
	if k.child != nil {
		return nil
	}
	c, err := launch(k.hear)
	if err != nil {
		return fmt.Errorf("start the keeper: %w", err)
	}
	k.child = c
	go k.watch(c)
	var errs []error
	for _, h := range k.held {
		if err := errors.Join(k.own(h), h.claim.Rewrite(), c.send(h.order())); err != nil {
			errs = append(errs, fmt.Errorf("have the keeper hold %s again: %w", h.file, err))
		}
	}
	return errors.Join(errs...)
}

// bury takes note that the process has ended.
func (k *Keeper) bury() {
	k.child = nil
	for _, h := range k.held {
		if h.released {
			k.forget(h)
		}
	}
}

// watch starts the process again when it has died while it held something. What
// cannot be done is tried again at the next renewal of a lease.
func (k *Keeper) watch(c *child) {
	c.wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.child != c {
		return // there is another already
	}
	k.bury()
	if len(k.held) == 0 || k.closed {
		return
	}
	if err := k.start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

func (k *Keeper) forget(h *Hold) {
	delete(k.held, h.file)
	close(h.ended)
}

// hear takes what the keeper says of a file.
func (k *Keeper) hear(e event) {
	k.mu.Lock()
	defer k.mu.Unlock()
	h := k.held[e.File]
	switch {
	case h == nil:
		return
	case e.Held, e.Error != "":
		if e.Error != "" {
			h.problem = errors.New(e.Error)
		}
		h.heldOnce.Do(func() { close(h.held) })
	case e.Ended != Held:
		h.ending, h.endedAt = e.Ended, e.At
		k.forget(h)
	case e.Dropped:
		k.forget(h)
	}
}

// Close ends the process: what it still holds it sets back.
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
