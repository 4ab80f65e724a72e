package network

import "github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"

// begin lets the fault run, everywhere at once.
func (i *injection) begin() error {
	if err := i.beforeDoing("end the lease", i.end); err != nil {
		return err
	}
	until := i.leaseEnd()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.until, i.running = until, true
	return i.lease.Renew(until)
}

// end stops the fault everywhere at once, before anything is taken apart.
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
	return i.lease.Renew(until)
}

func (i *injection) noteLapse() {
	i.lapsed = i.lapsed || i.running && injector.Monotonic() >= i.until
}
