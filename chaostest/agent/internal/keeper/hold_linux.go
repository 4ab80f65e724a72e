package keeper

import (
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
)

// Hold is a file that the keeper holds for a fault.
type Hold struct {
	keeper *Keeper
	target cgroup.Process
	file   string // the file's path

	answered   chan struct{} // closed when the keeper has answered the order
	answerOnce sync.Once
	ended      chan struct{} // closed when the keeper holds the file no longer

	// Guarded by the keeper's lock.
	claim    cgroup.Claim
	lease    uint64
	problem  error
	ending   Ending
	endedAt  uint64
	released bool
}

func (h *Hold) order() order {
	return order{File: h.file, Until: h.lease, Hold: &setting{
		Dir: h.claim.Dir, Name: h.claim.File, Before: h.claim.Before, Now: h.claim.Now, Target: h.target,
	}}
}

// currentClaim is the claim with its present owners.
func (h *Hold) currentClaim() cgroup.Claim {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	return h.claim
}

// Set sets the file to the value in the order, and reads it back.
func (h *Hold) Set() error {
	if err := h.currentClaim().Set(); err != nil {
		return fmt.Errorf("set %s: %w", h.file, err)
	}
	return nil
}

// Intact returns an error when the file no longer holds the value in the order.
func (h *Hold) Intact() error {
	c := h.currentClaim()
	value, err := cgroup.ReadSetting(c.Dir, c.File)
	if err == nil && value != c.Now {
		err = fmt.Errorf("somebody else has set %s to %q", h.file, value)
	}
	return err
}

// Renew moves the end of the lease.
func (h *Hold) Renew(until uint64) error {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	if h.ending != StillHeld {
		return fmt.Errorf("renew the lease on %s: the keeper has set it back: %s", h.file, h.ending)
	}
	if h.keeper.holds[h.file] != h {
		return fmt.Errorf("renew the lease on %s: it was released", h.file)
	}
	h.lease = until
	if c := h.keeper.child; c == nil || c.ended() {
		return h.keeper.start() // this sends the new lease, too
	}
	return h.keeper.child.send(order{File: h.file, Until: until})
}

// Ending says why the keeper has set the file back, and when. It is StillHeld
// until then.
func (h *Hold) Ending() (why Ending, at uint64) {
	h.keeper.mu.Lock()
	defer h.keeper.mu.Unlock()
	return h.ending, h.endedAt
}

// Release sets the file back and ends the hold. It leaves a file alone that
// somebody else has set since. It may be called again.
func (h *Hold) Release() error {
	c, err := h.release()
	if err != nil || c == nil {
		return err
	}
	select {
	case <-h.ended:
		return nil
	case <-time.After(time.Second):
		// It stands still. The next keeper takes over the other holds.
		return c.kill()
	}
}

// release sets the file back, and tells the keeper process, if there is one, to
// hold the file no longer.
func (h *Hold) release() (*child, error) {
	k := h.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.holds[h.file] != h {
		return nil, nil
	}
	if err := h.claim.Undo(); err != nil {
		return nil, err
	}
	if k.child == nil {
		k.remove(h)
		return nil, nil
	}
	h.released = true
	_ = k.child.send(order{File: h.file, Drop: true}) // a process that has died holds nothing anyway
	return k.child, nil
}
