package network

import (
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// interception is the part of an injection on one hook: a classifier, and the data path
// behind it. The namespace's lock guards the fields, except those below mu.
type interception struct {
	hook    tc.Hook
	name    string            // the name of the filter
	undo    *injector.Journal // the undo steps of this hook alone
	outcome classifier.Outcome
	id      int    // the kernel's ID of the program; 0 before it is attached
	mark    uint32 // the mark on packets that the data path puts back; 0 for none
	class   uint16 // the class that packets are given to; 0 for none
	devices []string
	over    bool // it has been undone, because its link has left or something was missing

	carried func() (pathCounts, error) // nil if there is no data path
	intact  func() error               // reads the data path back; nil if there is none
	drain   func() error               // waits until no packet is held; nil if there is nothing to wait for

	mu      sync.Mutex
	program *classifier.Program // nil before it is loaded and after it is closed
	sound   classifier.Counters // the counts when everything was last found whole
	final   classifier.Counters // the last counts, after the program is closed
}

func (at *interception) direction() fault.Direction { return fault.Direction(at.hook.Direction) }

// counts reads what has matched and what became of it. When the interception is over, these
// are the final counts.
func (at *interception) counts() (classifier.Counters, pathCounts, error) {
	at.mu.Lock()
	matched := at.final
	var err error
	if at.program != nil {
		matched, err = at.program.Counters()
	}
	at.mu.Unlock()
	if at.carried == nil {
		return matched, pathCounts{}, err
	}
	carried, carriedErr := at.carried()
	return matched, carried, errors.Join(err, carriedErr)
}

// close keeps the last counts and closes the program.
func (at *interception) close() error {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.program == nil {
		return nil
	}
	last, err := at.program.Counters()
	at.final = last
	err = errors.Join(err, at.program.Close())
	at.program = nil
	return err
}

// check reads the filter and the data path back. The error says what somebody else has
// changed.
func (at *interception) check(kernel *tc.Namespace) error {
	found, err := kernel.FindFilter(at.hook, at.name)
	switch {
	case err != nil:
		return err
	case found == nil:
		return fmt.Errorf("filter %s of %s is gone", at.name, at.hook.Link.Name)
	case found.Program != at.id:
		return fmt.Errorf("filter %s of %s has another program in it", at.name, at.hook.Link.Name)
	}
	if at.intact != nil {
		if err := at.intact(); err != nil {
			at.discount()
			return err
		}
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	at.sound, err = at.program.Counters()
	return err
}

// discount closes the program with the counts of the last time when the data path was whole.
// What has matched since then has not met the fault.
func (at *interception) discount() {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.program != nil {
		_ = at.program.Close() // the filter still holds it
		at.program, at.final = nil, at.sound
	}
}

// intercept adds the fault to one hook. It does nothing to packets until the lease begins.
// After an error, the caller undoes the interception that it returns.
func (i *injection) intercept(hook tc.Hook) (*interception, error) {
	at := &interception{hook: hook, name: tc.FilterName(i.id, hook.Direction), undo: i.journal.Branch()}
	i.mu.Lock()
	i.interceptions = append(i.interceptions, at)
	i.opened++
	i.mu.Unlock()
	if err := at.shareClsact(i.namespace); err != nil {
		return at, err
	}
	// This step is recorded before those of the data path, so it is undone after them. A
	// path that closes releases the packets that it holds. On ingress, these must still
	// meet the classifier, which removes their mark.
	err := at.undo.Before(fmt.Sprintf("delete filter %s of %s", at.name, hook.Link.Name), func() error {
		if err := i.namespace.kernel.RemoveFilter(at.hook, at.name); err != nil {
			return err
		}
		return at.close()
	})
	if err != nil {
		return at, err
	}
	if at.outcome, err = i.dataPath.open(i, at); err != nil {
		return at, err
	}
	return at, i.attach(at)
}

// rule is what the classifier of a hook does with this filter.
func (i *injection) rule(at *interception, filter fault.Filter) (classifier.Rule, error) {
	about, err := i.about(at, filter)
	return classifier.Rule{
		Filter: filter, Direction: at.direction(), Ethernet: at.hook.Link.Ethernet, Mark: at.mark, Outcome: at.outcome, About: about,
	}, err
}

// attach attaches the classifier to its hook and reads it back.
func (i *injection) attach(at *interception) error {
	rule, err := i.rule(at, i.filter)
	if err != nil {
		return err
	}
	program, err := classifier.Load(rule, i.lease)
	if err != nil {
		return err
	}
	at.mu.Lock()
	at.program = program
	at.mu.Unlock()
	if err := i.namespace.kernel.AddFilter(at.hook, i.filterOf(at, program)); err != nil {
		return err
	}
	return i.readBack(at, program)
}

func (i *injection) filterOf(at *interception, program *classifier.Program) tc.NewFilter {
	return tc.NewFilter{Name: at.name, Preference: i.fault.preference(), Program: program.FD(), Mirror: at.outcome.Mirror}
}

// readBack makes sure that the kernel has this program in the filter.
func (i *injection) readBack(at *interception, program *classifier.Program) error {
	id, err := program.ID()
	if err != nil {
		return err
	}
	found, err := i.namespace.kernel.FindFilter(at.hook, at.name)
	if err != nil {
		return err
	}
	if found == nil || found.Program != id {
		return fmt.Errorf("read filter %s of %s back: the kernel does not have it, or has another program in it", at.name, at.hook.Link.Name)
	}
	at.id = id
	i.attest(found.String())
	return nil
}
