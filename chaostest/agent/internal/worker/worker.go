// Package worker runs loads in child processes of the agent. A worker is the
// agent's program, started again and moved into the target's cgroup before it
// begins. It ends by itself when its lease lapses, when the target dies, when
// its pipe closes, and when the agent dies for any reason.
//
// The agent writes to the worker's standard input: one line of JSON with the
// order, and then lease ends of eight bytes each. The first lease end is the
// signal to begin. The worker answers with lines of JSON. Each message is small
// enough for a pipe to take it in one piece. Neither side ever waits for the
// other to read, because a worker may be frozen together with its target.
package worker

import (
	"encoding/json"
)

// Ending says why a worker has ended.
type Ending string

// The ways to end. Killed covers every end that the worker could not explain.
const (
	Running    Ending = ""
	Stopped    Ending = "stopped by the agent"
	Lapsed     Ending = "lease lapsed"
	TargetDied Ending = "target died"
	Failed     Ending = "failed"
	Killed     Ending = "killed"
)

// name is the first argument of a worker, so that ps shows it apart from the agent.
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
