// Package record holds what happened in a run, as versioned values that always encode
// to JSON. It imports only the standard library, so the library, the agent, the
// matchers and the gate can share it.
package record

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// Schema is the version of the records in this package. A reader refuses a
// record with a newer one.
const Schema = 1

// The names of the report entries that carry records.
const (
	InjectionEntry = "chaosgate/injection"
	WindowEntry    = "chaosgate/window"
	SamplesEntry   = "chaosgate/samples"
	FailureEntry   = "chaosgate/failure"
	LogsEntry      = "chaosgate/logs"
)

// Float is a number that may be NaN or infinite. JSON has no such numbers, so these
// encode as null, and null decodes as NaN.
type Float float64

// MarshalJSON encodes a finite number as itself and any other as null.
func (f Float) MarshalJSON() ([]byte, error) {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// UnmarshalJSON decodes null as NaN.
func (f *Float) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*f = Float(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(f))
}

// Attestation is what was read back from the kernel after a fault was applied.
type Attestation struct {
	// Path is the mechanism that does the fault: "netem", "user space", "bpf",
	// "cgroup v1" or "cgroup v2".
	Path string `json:"path"`
	// Readback is what the kernel answered, one line for each thing that was read.
	Readback []string `json:"readback"`
	// Seed replays the fault's random choices; 0 means that it makes none. It encodes
	// as a string, because a report that is decoded without types keeps only 53 bits
	// of a number.
	Seed uint64 `json:"seed,omitempty,string"`
	// Notes say what a reader should know, such as a feature that the kernel lacks.
	Notes []string `json:"notes,omitempty"`
	// Took is the time from the arrival of the request until the fault was proven live.
	Took time.Duration `json:"took"`
}

// Evidence is what a fault has touched so far.
type Evidence struct {
	// Effective says whether the fault had the effect that it names. Summary explains
	// why, in words and numbers.
	Effective bool   `json:"effective"`
	Summary   string `json:"summary"`
	// LeaseLapsed says that the fault ended by itself before it was reverted, because
	// its lease was not renewed. What was measured then proves nothing.
	LeaseLapsed bool `json:"leaseLapsed,omitempty"`
	// Starved says why the lease lapsed although host and agent live: one of them got no
	// processor time for so long. It is empty if the lease did not lapse, or if a death
	// was the reason.
	Starved string `json:"starved,omitempty"`
	// Gaps are the spans in which the fault was not in force on all that it should
	// cover, in their order.
	Gaps []Gap `json:"gaps,omitempty"`
	// TargetDied says that the target ended under the fault. That is a finding about
	// the target.
	TargetDied bool `json:"targetDied,omitempty"`
	// StoppedBy says who stopped or removed the target through the engine, if somebody
	// did. Then TargetDied is false.
	StoppedBy string `json:"stoppedBy,omitempty"`
	// Spoilt says what else happened, such as an out-of-memory kill in the container,
	// so that the measurement proves nothing. It is empty if nothing did.
	Spoilt string `json:"spoilt,omitempty"`
	// Counts are the numbers behind the summary.
	Counts []Count `json:"counts,omitempty"`
}

// Injection is one fault that was live on one target.
type Injection struct {
	Schema      int         `json:"schema"`
	ID          string      `json:"id"`
	Spec        string      `json:"spec"`
	Kind        string      `json:"kind"`
	Fault       string      `json:"fault"`
	Filter      string      `json:"filter,omitempty"`
	Target      string      `json:"target"`
	TargetID    string      `json:"targetID"`
	Start       time.Time   `json:"start"`
	End         time.Time   `json:"end,omitzero"`
	Reverted    bool        `json:"reverted"`
	Attestation Attestation `json:"attestation"`
	Evidence    Evidence    `json:"evidence"`
	Error       string      `json:"error,omitempty"`
	// Judgements are the matchers' verdicts on the injection.
	Judgements []Judgement `json:"judgements,omitempty"`
}

// String describes the injection in one line: "delay 300ms on db, ingress from shop,
// port 5432".
func (i Injection) String() string {
	s := i.Fault + " on " + i.Target
	if i.Filter != "" {
		s += ", " + i.Filter
	}
	return s
}

// Step is the injection's line in the timeline of its spec: "injected delay 300ms on
// db".
func (i Injection) Step(kind EventKind) string { return string(kind) + " " + i.String() }

// Window is the summary of the samples of a span, and how it was judged.
type Window struct {
	Schema int    `json:"schema"`
	Spec   string `json:"spec"`
	Probe  string `json:"probe"`
	// Number counts the windows of one probe in one spec, from 1; 0 means unknown.
	Number int       `json:"number,omitempty"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	// Way is how the probe reached the service; empty if it is not known, or if it
	// changed on the way.
	Way Way `json:"way,omitempty"`
	// Faults are all injections that were live at any time of the window, also those of the
	// suite. While the load runs, they are those that were live at its start.
	Faults []string `json:"faults,omitempty"`
	Count  int      `json:"count"`
	Errors int      `json:"errors"`
	// Classes counts the errors by class.
	Classes map[string]int `json:"classes,omitempty"`
	// Late counts the samples that the load generator itself started more than 100 ms late,
	// and Lag is the longest delay among them, in seconds. Latencies do not include it.
	Late int   `json:"late,omitempty"`
	Lag  Float `json:"lag,omitempty"`
	// P50, P90 and P99 are latency quantiles of the healthy samples, in seconds. They
	// are NaN if no sample was healthy.
	P50 Float `json:"p50"`
	P90 Float `json:"p90"`
	P99 Float `json:"p99"`
	// Rows are what the window saw over time, RowWidth apart. That is a second, or
	// less in a window of a few seconds, or more in one of many minutes.
	RowWidth time.Duration `json:"rowWidth,omitempty"`
	Rows     []Row         `json:"rows,omitempty"`
	// Judgements are the matchers' verdicts on the window.
	Judgements []Judgement `json:"judgements,omitempty"`
	// Control says that a matcher has compared another window with this one.
	Control bool `json:"control,omitempty"`
	// Members are the windows of a fleet's members, without judgements. The window
	// itself then covers the samples of all members.
	Members []Window `json:"members,omitempty"`
}

// Row is what a window saw from At until RowWidth later, or until the window's end.
// A time in which no sample was due has no row.
type Row struct {
	At      time.Time      `json:"at"`
	Count   int            `json:"count"`
	Errors  int            `json:"errors,omitempty"`
	Classes map[string]int `json:"classes,omitempty"`
	// P50, P90 and P99 are as in Window, for this row alone.
	P50 Float `json:"p50"`
	P90 Float `json:"p90"`
	P99 Float `json:"p99"`
}

// Samples is how single samples of a probe, which belong to no window, were judged.
type Samples struct {
	Schema     int         `json:"schema"`
	Spec       string      `json:"spec"`
	Probe      string      `json:"probe"`
	Judgements []Judgement `json:"judgements"`
}

// Cause is why a spec failed, if it was not because of the target.
type Cause string

// The causes: the tool could not do its work, or a guard stopped the run.
const (
	ToolFailure    Cause = "tool"
	StoppedByGuard Cause = "guard"
)

// Failure records that a spec failed for a reason other than the target.
type Failure struct {
	Schema int `json:"schema"`
	// ID is the ID that the mark of the failure message names.
	ID    string `json:"id"`
	Spec  string `json:"spec"`
	Cause Cause  `json:"cause"`
	Text  string `json:"text"`
}

// Message is the failure's text with its mark: people read the text, and programs the
// mark.
func (f Failure) Message() string { return Mark(f.Text, f.ID, Outcome(f.Cause)) }

// Decode reads a record from a report entry. The raw value is the record, a pointer to
// it, or anything else; then the JSON is decoded.
func Decode[R any](raw any, asJSON string) (R, error) {
	var r R
	switch v := raw.(type) {
	case R:
		return v, nil
	case *R:
		if v != nil {
			return *v, nil
		}
	}
	data := []byte(asJSON)
	if len(data) == 0 {
		var err error
		if data, err = json.Marshal(raw); err != nil {
			return r, fmt.Errorf("decode record: %w", err)
		}
	}
	var head struct{ Schema int }
	if err := json.Unmarshal(data, &head); err != nil {
		return r, fmt.Errorf("decode record: %w", err)
	}
	if head.Schema < 1 || head.Schema > Schema {
		return r, fmt.Errorf("decode record: schema %d, this version reads 1 to %d: use the chaosgate command of the library's version", head.Schema, Schema)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("decode record: %w", err)
	}
	return r, nil
}
