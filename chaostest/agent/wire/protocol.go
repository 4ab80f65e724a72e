// Package wire is the protocol between the agent and its host: the messages, the lease
// that the host renews, and the codes of errors.
//
// The two exchange JSON-RPC 2.0 messages, one on each line, over the agent's standard
// input and output. When the input ends, the agent reverts all faults and exits.
package wire

import (
	"encoding/json"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Protocol is the version of the messages. Both sides must have the same one.
const Protocol = 1

// Lease is how long a fault lives without a renewal. The host renews it each RenewEvery.
// A fault must be gone within 2 s of the last renewal, so the lease is shorter than that.
// It lasts several renewals, so that a busy machine does not end a fault by accident.
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
	MethodFilter   = "filter"
	MethodLook     = "look"
	MethodRenew    = "renew"
)

// NotifyJournal is the notification with an undo step. The agent sends it to the host
// before it does what the step undoes.
const NotifyJournal = "journal"

// HelloResult answers MethodHello, which is the first call.
type HelloResult struct {
	Protocol int `json:"protocol"`
}

// InjectParams asks for one fault on one target. The agent finds the target on its host by
// TargetID, the container's full ID.
type InjectParams struct {
	ID         string          `json:"id"`
	TargetID   string          `json:"targetID"`
	TargetName string          `json:"targetName"`
	Fault      json.RawMessage `json:"fault"`
	Filter     fault.Filter    `json:"filter"`
	Path       fault.Path      `json:"path,omitempty"`
	// ComeAndGo says that the target's networks may come and go while the fault is live,
	// because the user has asked for that. The gap is then expected.
	ComeAndGo bool `json:"comeAndGo,omitempty"`
}

// InjectionID names an injection.
type InjectionID struct {
	ID string `json:"id"`
}

// FilterParams replaces the filter of a live injection, because a peer has another
// address now.
type FilterParams struct {
	ID     string       `json:"id"`
	Filter fault.Filter `json:"filter"`
}

// LookParams asks for one look from the network namespace of a container.
type LookParams struct {
	ClientID   string       `json:"clientID"`
	ClientName string       `json:"clientName"`
	Request    look.Request `json:"request"`
}

// RevertResult answers MethodRevert.
type RevertResult struct {
	Evidence record.Evidence `json:"evidence"`
	// Remaining says what could not be undone, or what is not proved to be undone. It is
	// empty if nothing remains.
	Remaining string `json:"remaining,omitempty"`
}

// JournalStep is one undo step. It is sent before the agent does what the step undoes.
type JournalStep struct {
	ID   string `json:"id"`
	Step string `json:"step"`
}
