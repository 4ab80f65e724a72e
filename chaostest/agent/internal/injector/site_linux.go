package injector

import (
	"errors"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Site is the cgroup of a target as a fault has found it.
type Site struct {
	Name  string
	Group *cgroup.Group

	doing  string
	before cgroup.Snapshot
}

// Need is what a fault cannot do without: a controller of the target's cgroup.
// What is needed, and what to do where there is none, are for the error.
type Need struct {
	Controller      string
	What, Have, Fix string
}

// Survey finds the target's cgroup, and refuses one that lacks what the fault
// needs, and one that is paused. It touches nothing. What the fault does, such
// as "burn CPU in shop", begins all errors.
func Survey(doing string, f fault.Fault, target Target, need Need) (*Site, error) {
	s := &Site{Name: target.Name, doing: doing}
	var err error
	if s.Group, err = cgroup.Of(target.PID, target.ID); err != nil {
		return nil, s.Wrap(err)
	}
	if !s.Group.Has(need.Controller) {
		return nil, &fault.UnsupportedError{What: f.String(), Needs: need.What, Have: need.Have, Do: need.Fix}
	}
	if !s.Group.Has(cgroup.Freezer) {
		return s, nil
	}
	frozen, err := s.Group.Frozen()
	if err == nil && frozen {
		err = s.paused()
	}
	if err != nil {
		return nil, s.Wrap(err)
	}
	return s, nil
}

// paused says by whom the container is paused.
func (s *Site) paused() error {
	dir, err := s.Group.Dir(cgroup.Freezer)
	if err != nil {
		return err
	}
	file, _, err := s.Group.FreezerFile()
	if err != nil {
		return err
	}
	claim, found, err := cgroup.ReadClaim(dir, file)
	switch {
	case err != nil:
		return err
	case found:
		return fmt.Errorf("the container is paused, so nothing would run: %w", &cgroup.ClaimedError{By: claim})
	}
	return errors.New("the container is paused by somebody else, so nothing would run: unpause it first")
}

// Wrap says what was being done when an error came.
func (s *Site) Wrap(err error) error { return fmt.Errorf("%s: %w", s.doing, err) }

// Remember takes down what the limits of the controllers are before the fault.
func (s *Site) Remember(controllers ...string) (err error) {
	if s.before, err = s.Group.Snapshot(controllers...); err != nil {
		return s.Wrap(err)
	}
	return nil
}

// Undone compares the limits with those before the fault. It is an error when
// they differ, or when one of the errors given says that something is left.
func (s *Site) ProveUndone(left ...error) error {
	if err := errors.Join(append(left, s.Group.Unchanged(s.before))...); err != nil {
		return s.Wrap(fmt.Errorf("prove that it is undone: %w", err))
	}
	return nil
}

// Ended adds to the evidence that the fault ended before it was reverted: that
// its lease lapsed, which who does it has seen, or that the target died.
func (s *Site) AddEnding(e *record.Evidence, lapsed, died bool, who string) {
	e.LeaseLapsed, e.TargetDied = lapsed, died || !s.Group.Alive()
	switch {
	case e.LeaseLapsed:
		e.Effective = false
		e.Summary += "; " + who + " ended the fault because its lease lapsed: the host fell silent"
	case e.TargetDied:
		e.Summary += "; the container's first process ended under the fault"
	}
}
