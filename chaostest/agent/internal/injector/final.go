package injector

import (
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Final keeps the evidence of a fault when the fault ends, so that nothing that
// happens later is counted as the fault's.
type Final struct {
	mu    sync.Mutex
	final *record.Evidence
}

// Evidence returns the final evidence, or what now returns while the fault is live.
func (f *Final) Evidence(now func() record.Evidence) record.Evidence {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.final != nil {
		return *f.final
	}
	return now()
}

// End takes the evidence, stops the fault, and keeps that evidence. Correct may
// add what is known only after the stop. End may be called again: a stop that
// failed is tried again, and the evidence of the first success stays.
func (f *Final) End(now func() record.Evidence, stop func() error, correct func(*record.Evidence)) error {
	last := f.Evidence(now)
	if err := stop(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.final == nil {
		correct(&last)
		f.final = &last
	}
	return nil
}
