package network

import (
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// interception is the part of an injection on one hook: a classifier, and the data path
// behind it.
type interception struct {
	hook    tc.Hook
	name    string // the name of the filter
	mark    uint32 // the mark on packets that the data path puts back; 0 for none
	devices []string
	carried func() (pathCounts, error) // nil if there is no data path

	mu      sync.Mutex
	program *classifier.Program // nil before it is loaded and after it is closed
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

// intercept adds the fault to one hook. It does nothing to packets until the lease begins.
func (i *injection) intercept(hook tc.Hook, path dataPath) error {
	at := &interception{hook: hook, name: tc.FilterName(i.id, hook.Direction)}
	i.interceptions = append(i.interceptions, at)
	if err := i.shareClsact(hook.Link); err != nil {
		return err
	}
	// This step is recorded before those of the data path, so it is undone after them. A
	// path that closes releases the packets that it holds. On ingress, these must still
	// meet the classifier, which removes their mark.
	err := i.beforeDoing(fmt.Sprintf("delete filter %s of %s", at.name, hook.Link.Name), func() error {
		if err := i.namespace.kernel.RemoveFilter(hook, at.name); err != nil {
			return err
		}
		return at.close()
	})
	if err != nil {
		return err
	}
	outcome, err := path.open(i, at)
	if err != nil {
		return err
	}
	return i.attach(at, outcome)
}

// attach attaches the classifier to its hook and reads it back.
func (i *injection) attach(at *interception, outcome classifier.Outcome) error {
	program, err := classifier.Load(classifier.Rule{
		Filter: i.filter, Direction: at.direction(), Ethernet: at.hook.Link.Ethernet, Mark: at.mark, Outcome: outcome,
	}, i.lease)
	if err != nil {
		return err
	}
	at.mu.Lock()
	at.program = program
	at.mu.Unlock()
	err = i.namespace.kernel.AddFilter(at.hook, tc.NewFilter{
		Name: at.name, Preference: i.fault.preference(), Program: program.FD(), Mirror: outcome.Mirror,
	})
	if err != nil {
		return err
	}
	found, err := i.namespace.kernel.FindFilter(at.hook, at.name)
	if err != nil {
		return err
	}
	id, known, err := program.ID()
	if err != nil {
		return err
	}
	if found == nil || known && found.Program != id {
		return fmt.Errorf("read filter %s of %s back: the kernel does not have it, or has another program in it", at.name, at.hook.Link.Name)
	}
	i.attestation.Readback = append(i.attestation.Readback, found.String())
	return nil
}
