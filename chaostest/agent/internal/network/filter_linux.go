package network

import (
	"errors"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Filter replaces the filter on all hooks. Each packet meets the old rule or the new one,
// and the counters go on. After an error, all hooks have the old filter.
func (i *injection) Filter(filter fault.Filter) error {
	n := i.namespace
	n.mu.Lock()
	defer n.mu.Unlock()
	n.look()
	if !i.isRunning() {
		return errors.New("the fault is not live")
	}
	switch filter.Direction {
	case fault.DefaultDirection:
		filter.Direction = i.filter.Direction
	case i.filter.Direction:
	default:
		return fmt.Errorf("the direction is %s, and cannot become %s: revert the fault and inject another", i.filter.Direction, filter.Direction)
	}
	return n.lockedOut(patience, func() error {
		links, err := n.kernel.Links()
		if err == nil {
			err = n.readOthers(links)
		}
		if err == nil {
			err = checkPeers(n.chooseLinks(links), filter)
		}
		if err == nil {
			err = n.clash(i, filter)
		}
		if err != nil {
			return err
		}
		return i.replace(filter)
	})
}

// swap is a hook whose program has been replaced, with the old program.
type swap struct {
	at  *interception
	old *classifier.Program
}

// replace swaps the programs of all hooks, or none.
func (i *injection) replace(filter fault.Filter) error {
	var done []swap
	for _, at := range i.interceptions {
		if at.over {
			continue
		}
		old, err := i.swap(at, filter)
		if err != nil {
			for _, s := range done {
				err = errors.Join(err, i.put(s.at, s.old), s.at.switchTo(s.old))
			}
			return err
		}
		done = append(done, swap{at, old})
	}
	var errs []error
	for _, s := range done {
		errs = append(errs, s.old.Close())
	}
	i.mu.Lock()
	i.filter = filter
	i.mu.Unlock()
	return errors.Join(errs...)
}

// swap puts a program with this filter in the place of the present one, which it returns.
func (i *injection) swap(at *interception, filter fault.Filter) (old *classifier.Program, err error) {
	rule, err := i.rule(at, filter)
	if err != nil {
		return nil, err
	}
	old = at.program
	next, err := old.Reload(rule, i.lease)
	if err != nil {
		return nil, err
	}
	if err := i.put(at, next); err != nil {
		return nil, errors.Join(err, next.Close())
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	at.program = next
	return old, nil
}

// put puts the program into the filter of a hook and reads it back.
func (i *injection) put(at *interception, program *classifier.Program) error {
	kernel := i.namespace.kernel
	found, err := kernel.FindFilter(at.hook, at.name)
	if err != nil {
		return err
	}
	if found == nil {
		return fmt.Errorf("filter %s of %s is gone: somebody else has removed it", at.name, at.hook.Link.Name)
	}
	if err := kernel.ReplaceFilter(found, i.filterOf(at, program)); err != nil {
		return err
	}
	return i.readBack(at, program)
}

// switchTo takes an earlier program for the present one, and closes that.
func (at *interception) switchTo(old *classifier.Program) error {
	at.mu.Lock()
	defer at.mu.Unlock()
	failed := at.program
	at.program = old
	return failed.Close()
}
