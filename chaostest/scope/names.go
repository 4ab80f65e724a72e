package scope

import "fmt"

// named is a service's name, and who has asked for the service.
type named struct {
	name  string
	owner Owner
}

// nameOf is the name of a container: the one that it has in the test already, or the wanted
// one, with a number if another container has it.
func (h *history) nameOf(id, wanted string, owner Owner) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known, ok := h.names[id]; ok {
		return known.name
	}
	return h.setName(id, wanted, owner)
}

// rename gives a container another name.
func (h *history) rename(id, wanted string, owner Owner) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.names, id)
	return h.setName(id, wanted, owner)
}

func (h *history) setName(id, wanted string, owner Owner) string {
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
	h.names[id] = named{name, owner}
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
		if n.owner == owner {
			delete(h.names, id)
		}
	}
}
