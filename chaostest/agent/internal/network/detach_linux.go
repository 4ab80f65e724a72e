package network

import (
	"errors"
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// detach takes the fault off all hooks. It is the undo step for everything but the open
// namespace.
func (i *injection) detach() error {
	i.namespace.mu.Lock()
	err := i.end() // from here on, nothing is followed any more
	i.namespace.mu.Unlock()
	if err != nil {
		return err
	}
	// All data paths drain at the same time. The namespace is not locked meanwhile, because
	// that takes as long as the delay.
	for _, at := range i.interceptions {
		if at.drain != nil && !at.over {
			if err := at.drain(); err != nil {
				return err
			}
		}
	}
	return i.namespace.change(patience, func([]tc.Link) error {
		var errs []error
		for _, at := range slices.Backward(i.interceptions) {
			errs = append(errs, i.undo(at))
		}
		return errors.Join(errs...)
	})
}

// undo takes the fault off one hook.
func (i *injection) undo(at *interception) error {
	err := at.undo.Unwind()
	at.over = at.over || err == nil
	return err
}

// attached counts the hooks that still have something of the fault.
func (i *injection) attached() int {
	count := 0
	for _, at := range i.interceptions {
		if !at.over {
			count++
		}
	}
	return count
}

// compare returns the differences from the state before the first injection, on the links
// that this one was on. What the container itself does to its other links proves nothing. It
// leaves out what other live injections use.
func (i *injection) compare() error {
	n := i.namespace
	now, err := n.kernel.Snapshot()
	if err != nil {
		return err
	}
	touched := map[int]bool{}
	for _, at := range i.interceptions {
		touched[at.hook.Link.Index] = true
	}
	var errs []error
	for _, difference := range tc.Differences(n.before, now, func(o tc.Object) bool {
		return !touched[o.Link] || o.IsClsact() && n.clsacts[o.Link] != nil || o.IsQdisc() && n.roots[o.Link] != nil
	}) {
		errs = append(errs, errors.New(difference))
	}
	for _, at := range i.interceptions {
		errs = append(errs, at.remains(n)...)
	}
	return errors.Join(errs...)
}

// remains lists what is still there of an interception that has been undone.
func (at *interception) remains(n *namespace) (all []error) {
	f, err := n.kernel.FindFilter(at.hook, at.name)
	if err != nil {
		return []error{err}
	}
	if f != nil {
		all = append(all, fmt.Errorf("filter %s of %s is still there", at.name, at.hook.Link.Name))
	}
	for _, name := range at.devices {
		there, err := n.kernel.HasDevice(name)
		if err != nil {
			return []error{err}
		}
		if there && !(name == tc.IFBName(at.hook.Link) && n.usesIFB(at.hook.Link)) {
			all = append(all, fmt.Errorf("device %s is still there", name))
		}
	}
	return all
}
