package server

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// injection is one fault on one target, from the request to the final evidence.
type injection struct {
	journal *injector.Journal

	// changing is held while the fault is applied or reverted. A revert during the
	// application cancels it and waits for its end.
	changing sync.Mutex

	mu     sync.Mutex
	cancel context.CancelFunc // cancels the application; nil before it begins
	live   injector.Live      // nil until the fault is applied
	over   bool
	lapsed bool
	final  record.Evidence
}

func (i *injection) apply(ctx context.Context, handler injector.Handler, request injector.Request[fault.Fault]) (record.Attestation, error) {
	i.changing.Lock()
	defer i.changing.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if !i.begin(cancel) {
		return record.Attestation{}, fmt.Errorf("inject %s on %s: it was reverted before it began", request.Fault, request.Target.Name)
	}
	live, err := handler.Apply(ctx, request, i.journal)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx) // the host no longer waits, and would not know of the fault
	}
	if err != nil {
		i.mu.Lock()
		i.over = true
		i.mu.Unlock()
		if undo := i.journal.Unwind(); undo != nil {
			err = errors.Join(err, fmt.Errorf("undo the part that was done: %w", undo))
		}
		return record.Attestation{}, fmt.Errorf("inject %s on %s: %w", request.Fault, request.Target.Name, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.live = live
	return live.Attestation(), nil
}

// begin keeps the function that cancels the application. It returns false if the injection
// is over already.
func (i *injection) begin(cancel context.CancelFunc) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cancel = cancel
	return !i.over
}

// callOff cancels an application that has not finished.
func (i *injection) callOff() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cancel != nil && i.live == nil {
		i.cancel()
	}
}

func (i *injection) evidence() record.Evidence {
	i.verify()
	i.mu.Lock()
	live, over, final := i.live, i.over, i.final
	i.mu.Unlock()
	if live == nil || over {
		return final
	}
	return live.Evidence()
}

// verify compares the fault with what the kernel has now, unless it is being applied or
// reverted.
func (i *injection) verify() {
	if !i.changing.TryLock() {
		return
	}
	defer i.changing.Unlock()
	i.mu.Lock()
	live, over := i.live, i.over
	i.mu.Unlock()
	if live != nil && !over {
		live.Verify()
	}
}

// filter replaces the filter of the fault.
func (i *injection) filter(filter fault.Filter) error {
	if err := filter.Validate(); err != nil {
		return err
	}
	i.changing.Lock()
	defer i.changing.Unlock()
	i.mu.Lock()
	live, over := i.live, i.over
	i.mu.Unlock()
	switch filtered, ok := live.(injector.Filtered); {
	case live == nil || over:
		return errors.New("it is not live")
	case !ok:
		return errors.New("it has no filter")
	default:
		return filtered.Filter(filter)
	}
}

func (i *injection) renew(until uint64) error {
	i.mu.Lock()
	live, over := i.live, i.over
	i.mu.Unlock()
	if live == nil || over {
		return nil
	}
	return live.Renew(until)
}

// revert undoes the fault, proves that nothing is left, and keeps the final evidence. If a
// step fails, the next call tries it again.
func (i *injection) revert() (record.Evidence, error) {
	i.callOff()
	i.changing.Lock()
	defer i.changing.Unlock()
	i.mu.Lock()
	live, over, final := i.live, i.over, i.final
	i.mu.Unlock()
	if over || live == nil {
		return final, nil
	}
	live.Verify()
	before := live.Evidence()
	if err := i.journal.Unwind(); err != nil {
		return before, fmt.Errorf("undo: %w", err)
	}
	proof := live.Prove()
	after := live.Evidence()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.over = true
	after.LeaseLapsed = after.LeaseLapsed || i.lapsed
	i.final = after
	if proof != nil {
		return after, fmt.Errorf("prove that nothing is left: %w", proof)
	}
	return after, nil
}

// lapse reverts the fault because its lease has run out.
func (i *injection) lapse() error {
	i.mu.Lock()
	live, over := i.live, i.over
	if live != nil && !over {
		i.lapsed = true
	}
	i.mu.Unlock()
	if live == nil || over {
		return nil
	}
	_, err := i.revert()
	return err
}
