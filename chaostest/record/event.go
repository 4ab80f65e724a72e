package record

import "time"

// EventsVariable is the name of an environment variable. It holds the path of the file
// to which a run under the chaosgate command appends its events, one JSON object a
// line. If it is not set, no events are written.
const EventsVariable = "CHAOSGATE_EVENTS"

// CollectVariable is the name of an environment variable. It is not empty while a
// baseline is being collected: then a comparison with too few accepted runs is
// recorded, and does not fail the spec.
const CollectVariable = "CHAOSGATE_COLLECT"

// EventKind says what has happened.
type EventKind string

// The kinds of events.
const (
	SpecStarted EventKind = "spec started"
	SpecEnded   EventKind = "spec ended"
	// StepTaken is a step that the spec itself announces, as with Ginkgo's By.
	StepTaken EventKind = "step"
	Injected  EventKind = "injected"
	// Lapsed means that a fault ended by itself, because its lease was not renewed.
	Lapsed   EventKind = "lapsed"
	Reverted EventKind = "reverted"
	// Judged is a matcher's last look at what its judgement is about.
	Judged EventKind = "judged"
	// Loading is the progress of a load, and WindowDone is its end.
	Loading    EventKind = "loading"
	WindowDone EventKind = "window"
	// Replaced means that a container is started with another image: see ReplaceVariable.
	Replaced EventKind = "replaced"
)

// Event is something that happened in a run. The chaosgate command shows events as
// they happen. The record of the run has all of them but the progress of loads.
type Event struct {
	Schema  int       `json:"schema"`
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"kind"`
	Process int       `json:"process"`
	// Suite is the name of the spec's suite. It is empty while the suite runs, because
	// a running suite does not know its name.
	Suite  string `json:"suite,omitempty"`
	Spec   string `json:"spec"`
	Text   string `json:"text,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	// ID names the injection or the judgement that the event is about.
	ID string `json:"id,omitempty"`
	// Outcome is the outcome of the judgement.
	Outcome Outcome `json:"outcome,omitempty"`
	// Window has the counts so far while a load runs, and the final counts at its end.
	Window *Window `json:"window,omitempty"`
	// Replacement is the image that was replaced.
	Replacement *Replacement `json:"replacement,omitempty"`
}
