// Package worker runs loads in child processes of the agent: its own program
// started again, moved into the target's cgroup before it begins. A worker ends
// by itself when its lease passes, when the target dies, when its pipe closes,
// and when the agent dies, in whichever way.
//
// The agent writes to the worker's standard input: one line of JSON with the
// order, and later lease ends of eight bytes each, the first of which is the
// signal to begin. The worker answers with lines of JSON. Both kinds of message
// are smaller than a pipe's atomic size, and neither side ever waits for the
// other to read: a worker may be frozen together with its target.
package worker

import (
	"encoding/json"
)

// Ending says why a worker has ended.
type Ending string

// The ways to end. Killed is every way in which the worker could not say why.
const (
	Running    Ending = ""
	Told       Ending = "told to"
	Lapsed     Ending = "lease lapsed"
	TargetDied Ending = "target died"
	Failed     Ending = "failed"
	Killed     Ending = "killed"
)

// name is what a worker's argument list begins with, so that ps and a later
// sweep can tell it from the agent.
const name = "chaosgate-worker"

type order struct {
	PID       int             `json:"pid"`
	Container string          `json:"container"`
	Config    json.RawMessage `json:"config"`
}

type message struct {
	Ready   bool            `json:"ready,omitempty"`
	Reading json.RawMessage `json:"reading,omitempty"`
	Ended   Ending          `json:"ended,omitempty"`
	Error   string          `json:"error,omitempty"`
}
