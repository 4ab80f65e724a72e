package scope

import (
	"context"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// named is a service's name, and who has asked for the service.
type named struct {
	name   string
	owner  Owner
	target driver.Target
}

// nameOf is the name of a container: the one that it has in the test already, or the one that
// the driver gives it, with a number if another container has it.
func (h *history) nameOf(ctx context.Context, target driver.Target, owner Owner) string {
	for _, n := range h.called(target.Name()) {
		_, _ = n.target.State(ctx) // it may have been replaced by another container
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for was, n := range h.names {
		if now := n.target.ID(); now != was {
			delete(h.names, was)
			h.names[now] = n
		}
	}
	if known, ok := h.names[target.ID()]; ok {
		return known.name
	}
	return h.setName(target, target.Name(), owner)
}

// called are the containers to which the driver gives a name.
func (h *history) called(name string) (all []named) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.names {
		if n.target.Name() == name {
			all = append(all, n)
		}
	}
	return all
}

// rename gives a container another name.
func (h *history) rename(target driver.Target, wanted string, owner Owner) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.names, target.ID())
	return h.setName(target, wanted, owner)
}

func (h *history) setName(target driver.Target, wanted string, owner Owner) string {
	taken := map[string]bool{}
	for _, n := range h.names {
		taken[n.name] = true
	}
	name := wanted
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", wanted, n)
	}
	if h.names == nil {
		h.names = map[string]named{}
	}
	h.names[target.ID()] = named{name, owner, target}
	return name
}

// forget drops the names of what an owner has asked for.
func (h *history) forget(owner Owner) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgetNames(owner)
}

func (h *history) forgetNames(owner Owner) {
	for id, n := range h.names {
		if n.owner.within(owner) {
			delete(h.names, id)
		}
	}
}
