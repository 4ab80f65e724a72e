package injector

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Begin notes that the fault is in force from now on.
func (s *Site) Begin() { s.presence.Begin() }

// InForce is how much of a span, which began when the fault did, the fault was in force.
func (s *Site) InForce(span time.Duration) time.Duration {
	left := span
	for _, gap := range s.presence.Gaps() {
		if gap.To == 0 {
			gap.To = span
		}
		left -= max(min(gap.To, span)-min(gap.From, span), 0)
	}
	return left
}

// Check notes what is missing of the fault, in words, or that nothing is. A container
// that is killed loses its processes one by one, and its freezer is thawed for that. So
// only what is still missing at the next check is noted, from the last moment on at which
// nothing was, and nothing is noted once the target has died. It reports whether
// something was noted.
func (s *Site) Check(controller, missing string) bool {
	if missing == "" {
		missing = s.left(controller)
	}
	if !s.Group.Alive() {
		return false
	}
	s.mu.Lock()
	again := s.missing != "" && missing != ""
	s.missing = missing
	s.mu.Unlock()
	switch {
	case again:
		s.presence.Lost(missing, false)
	case missing == "":
		s.presence.Holds()
	}
	return again
}

// left says whether the container's first process has left the group that the fault
// acts on.
func (s *Site) left(controller string) string {
	in, err := s.Group.Holds(s.Group.Process().PID, controller)
	switch {
	case err != nil:
		return err.Error()
	case !in:
		return fmt.Sprintf("somebody else has moved the container's first process out of its %s cgroup", controller)
	}
	return ""
}

// PausedByOthers says that somebody else than a fault has paused the container. It is
// empty if nobody has.
func (s *Site) PausedByOthers() string {
	if !s.Group.Has(cgroup.Freezer) {
		return ""
	}
	if frozen, err := s.Group.Frozen(); err != nil || !frozen {
		return "" // a freezer that is gone went with its container
	}
	if _, ok := errors.AsType[*cgroup.ClaimedError](s.paused()); ok {
		return ""
	}
	return "somebody else has paused the container"
}

// changedByOthers says which limits somebody else has changed under a fault that sets none.
func (s *Site) changedByOthers() (text string) {
	if !s.guest {
		return ""
	}
	all, err := s.Group.Changes(s.before)
	if err != nil {
		return "; it is not known whether somebody has changed limits: " + err.Error()
	}
	for _, c := range all {
		text += fmt.Sprintf("; somebody else has set %s from %s to %s", path.Base(c.File), c.Was, c.Is)
	}
	return text
}

// AddEnding adds to the evidence what others have changed, the spans in which the fault was
// not in force, and that the fault ended before it was reverted: because its lease lapsed,
// or because the target died. Who ends the fault when its lease lapses, for example "the keeper".
func (s *Site) AddEnding(e *record.Evidence, lapsed, died bool, who string) {
	e.LeaseLapsed, e.TargetDied = lapsed, died || !s.Group.Alive()
	e.Gaps = s.presence.Gaps()
	e.Summary += s.changedByOthers()
	s.mu.Lock()
	missing := s.missing
	s.mu.Unlock()
	switch {
	case e.LeaseLapsed:
		e.Effective = false
		e.Summary += "; " + who + " ended the fault because its lease lapsed: the host fell silent"
	case e.TargetDied:
		e.Summary += "; the container's first process ended under the fault"
	case missing != "":
		e.Effective = false
		if !strings.Contains(e.Summary, missing) {
			e.Summary += "; " + missing
		}
	}
}
