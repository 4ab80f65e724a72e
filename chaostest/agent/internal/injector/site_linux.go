package injector

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Site is the cgroup of a target as it was before a fault, and since when the fault is
// in force there.
type Site struct {
	Name  string
	Group *cgroup.Group

	doing    string // what the fault does, such as "burn CPU in shop"
	before   cgroup.Snapshot
	presence Presence

	mu      sync.Mutex
	missing string // what the last check has found missing

	claim *cgroup.Claim // nil if the fault need not be alone
	guest bool          // the fault sets no limit: it has claimed a resource instead
}

// Need is a controller of the target's cgroup that a fault needs. The other fields
// are for the error where the controller is missing.
type Need struct {
	Controller string
	What       string // what the fault needs, such as "the cgroup freezer"
	Have       string // what there is instead
	Fix        string // what the reader can do
}

// Survey finds the target's cgroup. It refuses one that lacks what the fault needs,
// or that is paused. It touches nothing. All errors begin with doing.
func Survey(doing string, f fault.Fault, target Target, need Need) (*Site, error) {
	s := &Site{Name: target.Name, doing: doing}
	var err error
	if s.Group, err = cgroup.Of(target.PID, target.ID); err != nil {
		if _, ended := cgroup.Thread("/proc", target.PID); ended == nil {
			err = OnRootless(f, err)
		}
		return nil, s.Wrap(err)
	}
	if !s.Group.Has(need.Controller) {
		return nil, OnRootless(f, &fault.UnsupportedError{What: f.String(), Needs: need.What, Have: need.Have, Do: need.Fix})
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

// paused returns an error that says what has paused the container.
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

// Free returns an error when a fault has claimed a controller's resource of the container,
// such as cgroup.CPUTime. It touches nothing.
func (s *Site) Free(controller, resource string) error {
	dir, err := s.Group.Dir(controller)
	if err != nil {
		return s.Wrap(err)
	}
	claim, found, err := cgroup.ReadClaim(dir, resource)
	if err == nil && found && claim.Alive() {
		err = &cgroup.ClaimedError{By: claim}
	}
	if err != nil {
		return s.Wrap(err)
	}
	return nil
}

// Claim claims a controller's resource of the container for a fault that sets no limit. No
// other fault of this or another agent can claim it until Release.
func (s *Site) Claim(controller, resource string, f fault.Fault, id string) error {
	dir, err := s.Group.Dir(controller)
	if err != nil {
		return s.Wrap(err)
	}
	self, err := cgroup.ProcessOf(os.Getpid())
	if err != nil {
		return s.Wrap(err)
	}
	claim := cgroup.Claim{Dir: dir, File: resource, Fault: f.String(), Injection: id, Owners: []cgroup.Process{self}}
	if err := claim.Take(); err != nil {
		return s.Wrap(err)
	}
	s.claim, s.guest = &claim, true
	return nil
}

// Release gives up what was claimed. It may be called again, and when nothing was.
func (s *Site) Release() error {
	if s.claim == nil {
		return nil
	}
	if err := s.claim.Drop(); err != nil {
		return s.Wrap(err)
	}
	s.claim = nil
	return nil
}

// Wrap adds to an error what the fault was doing.
func (s *Site) Wrap(err error) error { return fmt.Errorf("%s: %w", s.doing, err) }

// Remember notes the limits of these controllers before the fault.
func (s *Site) Remember(controllers ...string) (err error) {
	if s.before, err = s.Group.Snapshot(controllers...); err != nil {
		return s.Wrap(err)
	}
	return nil
}

// ProveUndone returns an error when the limits differ from those before the fault. If the
// fault sets none, somebody else has changed them, which is in the evidence and no residue.
// The caller passes the errors of further checks.
func (s *Site) ProveUndone(checks ...error) error {
	if !s.guest {
		checks = append(checks, s.Group.Unchanged(s.before))
	}
	if err := errors.Join(checks...); err != nil {
		return s.Wrap(fmt.Errorf("prove that it is undone: %w", err))
	}
	return nil
}
