// Package wire is what the agent and its host say to each other: the messages,
// the lease that the host renews, and the codes of errors.
//
// The two speak JSON-RPC 2.0, one message a line, over the agent's standard
// input and output. The end of the input is the end of the agent: it reverts
// all it did and exits.
package wire

import (
	"encoding/json"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Protocol is the version of the messages below. Both sides must have the same.
const Protocol = 1

// Lease is how long a fault lives without being renewed, RenewEvery how often
// it is. A fault is gone 2 s after the last sign of life at the latest, so the
// lease is shorter; it is several renewals long, so that a busy machine does not
// end a fault by accident.
const (
	Lease      = 1500 * time.Millisecond
	RenewEvery = 200 * time.Millisecond
)

// The methods that the agent answers.
const (
	MethodHello    = "hello"
	MethodInject   = "inject"
	MethodEvidence = "evidence"
	MethodRevert   = "revert"
	MethodRenew    = "renew"
)

// NotifyJournal is the notification by which the agent writes an undo step down
// with its host before it does what the step undoes.
const NotifyJournal = "journal"

// HelloResult answers the hello that opens the conversation.
type HelloResult struct {
	Protocol int `json:"protocol"`
}

// InjectParams asks for one fault on one target, which the agent finds on its host
// by the container's full ID.
type InjectParams struct {
	ID         string          `json:"id"`
	TargetID   string          `json:"targetID"`
	TargetName string          `json:"targetName"`
	Fault      json.RawMessage `json:"fault"`
	Filter     fault.Filter    `json:"filter"`
	Path       fault.Path      `json:"path,omitempty"`
}

// InjectionID names an injection.
type InjectionID struct {
	ID string `json:"id"`
}

// RevertResult is the last word on an injection.
type RevertResult struct {
	Evidence record.Evidence `json:"evidence"`
	// Left says what could not be undone or proved undone; empty when all was.
	Left string `json:"left,omitempty"`
}

// JournalStep is one undo step, written down before its deed.
type JournalStep struct {
	ID   string `json:"id"`
	Step string `json:"step"`
}
