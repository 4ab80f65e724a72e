package scope

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// exposure is what a load is exposed to: the injections that were live when it began, and
// those that came later.
type exposure struct {
	mu  sync.Mutex
	all []*Injection
}

func (e *exposure) add(i *Injection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, i)
}

func (e *exposure) remove(i *Injection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = slices.DeleteFunc(e.all, func(other *Injection) bool { return other == i })
}

// between are the faults that were live at any time of the span, in words.
func (e *exposure) between(from, to time.Time) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var live []string
	for _, i := range e.all {
		if i.liveBetween(from, to) {
			live = append(live, i.String())
		}
	}
	return live
}

// expose begins an exposure, which grows until it is closed.
func (h *history) expose() (e *exposure, end func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e = &exposure{}
	for _, i := range h.injections {
		if i.Active() {
			e.all = append(e.all, i)
		}
	}
	if h.exposures == nil {
		h.exposures = map[*exposure]bool{}
	}
	h.exposures[e] = true
	return e, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.exposures, e)
	}
}

// windowEntry is a window in the suite's report, with all faults that were live during it.
type windowEntry struct {
	window  func() record.Window
	exposed *exposure
}

// record is the window's record as it is now.
func (e windowEntry) record() record.Window {
	r := e.window()
	r.Faults = e.exposed.between(r.Start, r.End)
	for n := range r.Members {
		r.Members[n].Faults = e.exposed.between(r.Members[n].Start, r.Members[n].End)
	}
	return r
}

// MarshalJSON encodes the record as it is now.
func (e windowEntry) MarshalJSON() ([]byte, error) { return json.Marshal(e.record()) }
