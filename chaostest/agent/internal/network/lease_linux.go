package network

import "github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"

// begin starts the fault on all hooks at once.
func (i *injection) begin() error {
	until := i.leaseEnd()
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.lease.Renew(until); err != nil {
		return err
	}
	i.until, i.running, i.whole = until, true, true
	i.presence.Begin()
	return nil
}

// end stops the fault on all hooks at once, before anything is removed.
func (i *injection) end() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.noteLapse()
	if err := i.lease.Rest(i.until); err != nil {
		return err
	}
	i.running = false
	return nil
}

// Renew moves the deadline. A fault that has lapsed runs again, but its evidence reports
// the lapse from then on.
func (i *injection) Renew(until uint64) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.running {
		return nil
	}
	i.noteLapse()
	i.until = until
	return i.lease.Renew(until)
}

func (i *injection) noteLapse() {
	i.lapsed = i.lapsed || i.running && injector.Monotonic() >= i.until
}

// isRunning reports whether the fault has begun and has not ended.
func (i *injection) isRunning() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.running
}
