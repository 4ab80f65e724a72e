package scope

import (
	"sync"
	"time"
)

// history is what faults a process's specs have seen.
type history struct {
	mu         sync.Mutex
	spec       string
	injections []*Injection
	// windows counts the loads of each probe.
	windows map[string]int
}

// begins reports whether spec is new, and forgets the faults of the one before.
func (h *history) begins(spec string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.spec == spec {
		return false
	}
	h.spec, h.injections, h.windows = spec, nil, nil
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

func (h *history) add(i *Injection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.injections = append(h.injections, i)
}

// faultEnded is when the last fault of the spec ended, and whether one is live.
func (h *history) faultEnded() (end time.Time, live bool) {
	for _, i := range h.all() {
		switch at, over := i.ended(); {
		case !i.wasLive():
		case !over:
			live = true
		case at.After(end):
			end = at
		}
	}
	return end, live
}

func (h *history) all() []*Injection {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*Injection(nil), h.injections...)
}
