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
	// StepTaken is a step that the spec says itself, as with Ginkgo's By.
	StepTaken EventKind = "step"
	Injected  EventKind = "injected"
	// Lapsed says that a fault ended by itself, because its lease was not renewed.
	Lapsed   EventKind = "lapsed"
	Reverted EventKind = "reverted"
	// Judged is a matcher's last look at what its judgement is about.
	Judged EventKind = "judged"
	// Loading tells how a load goes on, and WindowDone that it has ended.
	Loading    EventKind = "loading"
	WindowDone EventKind = "window"
)

// Event is something that happened in a run. Those who wait follow the events as
// they happen; the record of the run keeps all but the progress of loads.
type Event struct {
	Schema  int       `json:"schema"`
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"kind"`
	Process int       `json:"process"`
	// Suite is the spec's, where it is known: a suite that runs does not say it.
	Suite  string `json:"suite,omitempty"`
	Spec   string `json:"spec"`
	Text   string `json:"text,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	// ID is that of the injection or of the judgement that the event is about.
	ID string `json:"id,omitempty"`
	// Outcome is that of the judgement.
	Outcome Outcome `json:"outcome,omitempty"`
	// Window holds the counts so far while a load runs, and all of them at its end.
	Window *Window `json:"window,omitempty"`
}
