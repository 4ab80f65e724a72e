package record

import "time"

// EventsVariable names the environment variable with the path of the file to
// which a run under the chaosgate command appends its events, one JSON object a
// line. Without it no events are written.
const EventsVariable = "CHAOSGATE_EVENTS"

// CollectVariable names the environment variable that tells suites, when it is
// not empty, that a baseline is being collected: comparisons with it that have too
// few runs are recorded and fail nothing.
const CollectVariable = "CHAOSGATE_COLLECT"

// EventKind says what an event tells.
type EventKind string

// The kinds of events.
const (
	SpecStarted EventKind = "spec started"
	SpecEnded   EventKind = "spec ended"
	StepTaken   EventKind = "step"
	Injected    EventKind = "injected"
	Reverted    EventKind = "reverted"
	Loading     EventKind = "loading"
	WindowDone  EventKind = "window"
)

// Event is one step of a run as it happens, for the eyes of whoever waits.
type Event struct {
	Schema  int       `json:"schema"`
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"kind"`
	Process int       `json:"process"`
	Spec    string    `json:"spec"`
	Text    string    `json:"text,omitempty"`
	Failed  bool      `json:"failed,omitempty"`
	// ID ties the events of one injection together.
	ID string `json:"id,omitempty"`
	// Window holds the counts so far while a load runs, and all of them at its end.
	Window *Window `json:"window,omitempty"`
}
