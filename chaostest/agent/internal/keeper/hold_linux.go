package keeper

import (
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// Hold is a file that the keeper holds.
type Hold struct {
	keeper *Keeper
	target cgroup.Process

	held     chan struct{} // closed when the keeper has answered
	heldOnce sync.Once
	ended    chan struct{} // closed when it holds the file no longer

	// Guarded by the keeper's lock.
	claim    cgroup.Claim
	lease    uint64
	problem  error
	ending   Ending
	endedAt  uint64
	released bool
}

func (h *Hold) path() string { return path.Join(h.claim.Dir, h.claim.File) }

func (h *Hold) order() order {
	return order{File: h.path(), Until: h.lease, Hold: &hold{
		Dir: h.claim.Dir, Name: h.claim.File, Before: h.claim.Before, Now: h.claim.Now, Target: h.target,
	}}
}

// Set sets the file to what was ordered, and reads it back.
func (h *Hold) Set() error {
	if err := h.claim.Set(); err != nil {
		return fmt.Errorf("set %s: %w", h.path(), err)
	}
	return nil
}

// Intact is an error when the file no longer holds what was ordered.
func (h *Hold) Intact() error {
	is, err := cgroup.ReadSetting(h.claim.Dir, h.claim.File)
	if err == nil && is != h.claim.Now {
		err = fmt.Errorf("somebody else has set %s to %q", h.path(), is)
	}
	return err
}

// Renew moves the end of the lease.
func (h *Hold) Renew(until uint64) error {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	if h.ending != Held {
		return fmt.Errorf("renew the lease on %s: the keeper has set it back: %s", h.path(), h.ending)
	}
	if h.keeper.held[h.path()] != h {
		return fmt.Errorf("renew the lease on %s: it was released", h.path())
	}
	h.lease = until
	if h.keeper.child == nil {
		h.keeper.resume()
		return nil
	}
	return h.keeper.child.send(order{File: h.path(), Until: until})
}

// Ending says whether and why the keeper has set the file back, and when.
func (h *Hold) Ending() (why Ending, at uint64) {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	return h.ending, h.endedAt
}

// Release sets the file back, unless that was done or somebody else has set it
// since, and has it held no longer. It may be called again.
func (h *Hold) Release() error {
	k := h.keeper
	k.mu.Lock()
	if k.held[h.path()] != h {
		k.mu.Unlock()
		return nil
	}
	c, err := k.child, h.claim.Undo()
	switch {
	case err != nil:
	case c == nil:
		k.forget(h)
	default:
		h.released = true
		err = c.send(order{File: h.path(), Drop: true})
	}
	k.mu.Unlock()
	if err != nil || c == nil {
		return err
	}
	select {
	case <-h.ended:
		return nil
	case <-time.After(time.Second):
		// It stands still. The next one will hold what else there is.
		return c.kill()
	}
}
