package injector

import (
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Last keeps the evidence of a fault once it is over: what comes later is not
// the fault's.
type Last struct {
	mu    sync.Mutex
	final *record.Evidence
}

// Evidence is the final evidence, or what now says while the fault is live.
func (l *Last) Evidence(now func() record.Evidence) record.Evidence {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.final != nil {
		return *l.final
	}
	return now()
}

// End ends the fault by stop, and keeps what was to be said of it just before;
// correct puts in what is known only after. It may be called again: a stop that
// failed is tried again, and the evidence of the first that succeeded stays.
func (l *Last) End(now func() record.Evidence, stop func() error, correct func(*record.Evidence)) error {
	last := l.Evidence(now)
	if err := stop(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.final == nil {
		correct(&last)
		l.final = &last
	}
	return nil
}
