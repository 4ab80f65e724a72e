package scope

import (
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// concern is a service that a test has to do with: its log is shown if the test fails.
type concern struct {
	service *Service
	roles   []record.Role
	at      time.Time
}

// concerns notes that the running test has to do with a service. Any goroutine may call it.
func (h *history) concerns(s *Service, role record.Role) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noteConcern(s, role)
}

func (h *history) noteConcern(s *Service, role record.Role) {
	n := slices.IndexFunc(h.concerned, func(c concern) bool { return c.service.ID() == s.ID() })
	if n < 0 {
		n = len(h.concerned)
		h.concerned = append(h.concerned, concern{})
	}
	c := &h.concerned[n]
	c.service, c.at = s, time.Now()
	if !slices.Contains(c.roles, role) {
		c.roles = append(c.roles, role)
	}
}

// forgetConcerns forgets those of the test before, but not what a new test had to do with
// before its first word. Loads that still run are the new test's concern, too.
func (h *history) forgetConcerns() {
	h.concerned = slices.DeleteFunc(h.concerned, func(c concern) bool { return !c.at.After(h.bodyEnded) })
	for _, l := range h.loads {
		for _, s := range l.asked {
			h.noteConcern(s, record.Probed)
		}
	}
}

// endBody notes that the body of a test has ended.
func (h *history) endBody() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bodyEnded = time.Now()
}

// concernedBy notes the targets and the peers of a fault.
func (p *plan) concernedBy(h *history) {
	for _, s := range p.targets {
		h.concerns(s, record.Targeted)
	}
	for _, peer := range p.peers {
		if s, ok := peer.(*Service); ok {
			h.concerns(s, record.Peered)
		}
	}
}

// asks notes the services that a load asks, and returns them.
func (s *Scope) asks(what any) (all []*Service) {
	asking, ok := what.(probe.Asking)
	if !ok {
		return nil
	}
	for _, of := range asking.Services() {
		if service, ok := of.(*Service); ok {
			s.history.concerns(service, record.Probed)
			all = append(all, service)
		}
	}
	return all
}
