package keeper

import "github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"

// name is what a keeper's argument list begins with, so that ps can tell it
// from the agent.
const name = "chaosgate-keeper"

// order is a line that the agent writes to the keeper.
type order struct {
	// File names what the order is about: the path of the file.
	File string `json:"file"`
	// Hold asks for a file to be held.
	Hold *hold `json:"hold,omitempty"`
	// Until moves the end of the lease.
	Until uint64 `json:"until,omitempty"`
	// Drop asks for the file to be held no longer.
	Drop bool `json:"drop,omitempty"`
}

type hold struct {
	Dir    string         `json:"dir"`
	Name   string         `json:"name"`
	Before string         `json:"before"`
	Now    string         `json:"now"`
	Target cgroup.Process `json:"target"`
}

// event is a line that the keeper writes to the agent. The first has no file: it
// says that the keeper is ready, or why it cannot be.
type event struct {
	File    string `json:"file,omitempty"`
	Held    bool   `json:"held,omitempty"`
	Dropped bool   `json:"dropped,omitempty"`
	// Ended says that the file was set back, and why; At is the time of it.
	Ended Ending `json:"ended,omitempty"`
	At    uint64 `json:"at,omitempty"`
	Error string `json:"error,omitempty"`
}

// Ending says why the keeper has set a file back.
type Ending string

// The reasons to set a file back. It is held as long as there is none.
const (
	Held       Ending = ""
	Lapsed     Ending = "lease lapsed"
	TargetDied Ending = "target died"
)
