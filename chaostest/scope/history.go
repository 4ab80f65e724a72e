package scope

import "sync"

// history is what the running spec has injected, loaded and judged so far.
type history struct {
	mu         sync.Mutex
	spec       string
	injections []*Injection
	// windows counts the loads of each probe.
	windows map[string]int
	// samples holds what was judged of each probe's single samples.
	samples map[string]*looked
}

// begins reports whether spec is new, and forgets the faults of the one before.
func (h *history) begins(spec string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		return false
	}
	h.spec, h.injections, h.windows, h.samples = spec, nil, nil, nil
	return true
}

func (h *history) ends(spec string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		h.spec = ""
	}
}

// number is which of the probe's loads in the spec the next one is, from 1.
func (h *history) number(probe string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.windows == nil {
		h.windows = map[string]int{}
	}
	h.windows[probe]++
	return h.windows[probe]
}

// release gives a number back when what took it ends, so that a further attempt at
// the spec counts its loads as the one before did.
func (h *history) release(spec, probe string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec && h.windows[probe] > 0 {
		h.windows[probe]--
	}
}

// looked is what was judged of the probe's samples in the spec, and whether it is new.
func (h *history) looked(spec, probe string) (l *looked, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l = h.samples[probe]; l != nil && l.spec == spec {
		return l, false
	}
	if h.samples == nil {
		h.samples = map[string]*looked{}
	}
	l = &looked{spec: spec, probe: probe}
	h.samples[probe] = l
	return l, true
}

func (h *history) add(i *Injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.injections = append(h.injections, i)
}

func (h *history) all() []*Injection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Injection(nil), h.injections...)
}
