package keeper

import "github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"

// name is the first argument of a keeper, so that ps shows it apart from the agent.
const name = "chaosgate-keeper"

// order is one line from the agent to the keeper.
type order struct {
	// File is the path of the file that the order is about.
	File string `json:"file"`
	// Hold asks the keeper to hold the file.
	Hold *setting `json:"hold,omitempty"`
	// Until moves the end of the lease.
	Until uint64 `json:"until,omitempty"`
	// Drop asks the keeper to hold the file no longer.
	Drop bool `json:"drop,omitempty"`
}

// setting says how a fault sets a file.
type setting struct {
	Dir    string         `json:"dir"`
	Name   string         `json:"name"`
	Before string         `json:"before"`
	Now    string         `json:"now"`
	Target cgroup.Process `json:"target"`
}

// event is one line from the keeper to the agent. The first has no file: it says
// that the keeper is ready, or why it cannot start.
type event struct {
	File    string `json:"file,omitempty"`
	Held    bool   `json:"held,omitempty"`
	Dropped bool   `json:"dropped,omitempty"`
	// Ended says why the keeper has set the file back, and At when.
	Ended Ending `json:"ended,omitempty"`
	At    uint64 `json:"at,omitempty"`
	Error string `json:"error,omitempty"`
}

// Ending says why the keeper has set a file back.
type Ending string

// The reasons for the keeper to set a file back. StillHeld means that it has not.
const (
	StillHeld  Ending = ""
	Lapsed     Ending = "lease lapsed"
	TargetDied Ending = "target died"
)
