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
	of     member
	mu     sync.Mutex
	all    []*Injection
	window func() record.Window // nil before the load has begun
}

// judgedAfter reports whether a matcher has judged samples of the load that are later than
// a time.
func (e *exposure) judgedAfter(at time.Time) bool {
	e.mu.Lock()
	window := e.window
	e.mu.Unlock()
	if window == nil {
		return false
	}
	r := window()
	return r.End.After(at) && slices.ContainsFunc(r.Judgements, func(j record.Judgement) bool { return j.At.After(at) })
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

// entry is the load's entry in the suite's report.
func (e *exposure) entry(window func() record.Window) windowEntry {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.window = window
	return windowEntry{window, e}
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
