package keeper

import (
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// Hold is a file that the keeper holds.
type Hold struct {
	keeper *Keeper
	target cgroup.Process
	file   string // its path

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

func (h *Hold) order() order {
	return order{File: h.file, Until: h.lease, Hold: &hold{
		Dir: h.claim.Dir, Name: h.claim.File, Before: h.claim.Before, Now: h.claim.Now, Target: h.target,
	}}
}

// said is the claim as it stands.
func (h *Hold) said() cgroup.Claim {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	return h.claim
}

// Set sets the file to what was ordered, and reads it back.
func (h *Hold) Set() error {
	if err := h.said().Set(); err != nil {
		return fmt.Errorf("set %s: %w", h.file, err)
	}
	return nil
}

// Intact is an error when the file no longer holds what was ordered.
func (h *Hold) Intact() error {
	c := h.said()
	is, err := cgroup.ReadSetting(c.Dir, c.File)
	if err == nil && is != c.Now {
		err = fmt.Errorf("somebody else has set %s to %q", h.file, is)
	}
	return err
}

// Renew moves the end of the lease.
func (h *Hold) Renew(until uint64) error {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	if h.ending != Held {
		return fmt.Errorf("renew the lease on %s: the keeper has set it back: %s", h.file, h.ending)
	}
	if h.keeper.held[h.file] != h {
		return fmt.Errorf("renew the lease on %s: it was released", h.file)
	}
	h.lease = until
	if c := h.keeper.child; c == nil || c.ended() {
		return h.keeper.start() // it holds this, with the new lease
	}
	return h.keeper.child.send(order{File: h.file, Until: until})
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
	c, err := h.release()
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

// release sets the file back, and tells the process that is to hold it no
// longer, if there is one.
func (h *Hold) release() (*child, error) {
	k := h.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held[h.file] != h {
		return nil, nil
	}
	if err := h.claim.Undo(); err != nil {
		return nil, err
	}
	if k.child == nil {
		k.forget(h)
		return nil, nil
	}
	h.released = true
	_ = k.child.send(order{File: h.file, Drop: true}) // one that has died holds nothing, either
	return k.child, nil
}
