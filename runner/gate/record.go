package gate

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Schema is the version of Record. A reader refuses a newer one.
const Schema = 1

// Record is the content of chaosgate.json: the runs, the verdict on them, and its reasons.
type Record struct {
	Schema int `json:"schema"`
	// Version is the version of the chaosgate command.
	Version string  `json:"version"`
	Verdict Verdict `json:"verdict"`
	Words   string  `json:"words"`
	Policy  Policy  `json:"policy"`
	// Everything says that the suites of all packages were asked for. So one that does not
	// come is missing, and was not left out.
	Everything  bool                 `json:"everything,omitempty"`
	Environment baseline.Environment `json:"environment"`
	// Baseline is the comparison with the accepted runs, or with the reference if there is one.
	Baseline Comparison `json:"baseline"`
	// Reference is the other side of a paired comparison.
	Reference *Reference `json:"reference,omitempty"`
	Runs      []Run      `json:"runs"`
}

// Policy holds what a person chose for the comparison with the baseline.
type Policy struct {
	// Alpha is the share of healthy comparisons with the baseline that may be
	// called a regression, over all metrics and looks together: above 0, below 1.
	Alpha float64 `json:"alpha"`
	// Limits are how much worse than the baseline each metric may become.
	Limits baseline.Limits `json:"limits"`
	// Collect is true while the baseline is being collected. Too few runs are then
	// reported, but do not change the verdict.
	Collect bool `json:"collect,omitempty"`
}

// Validate refuses numbers that are out of range.
func (p Policy) Validate() error {
	if !(p.Alpha > 0 && p.Alpha < 1) {
		return fmt.Errorf("alpha is %g: it must lie between 0 and 1, such as 0.01 or 1%%", p.Alpha)
	}
	if most := stats.ReachableP(stats.MostRuns, 1); p.Alpha < most {
		return fmt.Errorf("alpha is %g: a single run can show at most %.1g, with any number of accepted runs: choose a larger alpha", p.Alpha, most)
	}
	return p.Limits.Validate()
}

// Run is one run of all suites.
type Run struct {
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// Speed is how fast the machine calculated before the run; see baseline.Speed. It is 0
	// where that is not known.
	Speed record.Float `json:"speed,omitempty"`
	Specs []Spec       `json:"specs"`
	// Troubles says why suites did not run, or why their results cannot be trusted.
	// Each is a tool failure.
	Troubles []string `json:"troubles,omitempty"`
	// Interrupted says that a signal ended the run.
	Interrupted bool `json:"interrupted,omitempty"`
	// Replaced are the images that were replaced, where a container was to have them.
	Replaced []record.Replacement `json:"replaced,omitempty"`
	// Events lists what happened in all specs, in order of time. EventsLeftOut counts
	// the events that were too many to keep.
	Events        []record.Event `json:"events,omitempty"`
	EventsLeftOut int            `json:"eventsLeftOut,omitempty"`
}

// Spec is one spec of a run with its records. A node outside specs that failed, such as
// a BeforeSuite, is a Spec too.
type Spec struct {
	Suite string `json:"suite"`
	Text  string `json:"text"`
	// Node is Ginkgo's node type, such as "It" or "BeforeSuite".
	Node string `json:"node"`
	// State is Ginkgo's state: passed, failed, panicked, timedout, interrupted,
	// aborted, skipped or pending.
	State    string    `json:"state"`
	File     string    `json:"file,omitempty"`
	Line     int       `json:"line,omitempty"`
	Started  time.Time `json:"started,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Process  int       `json:"process,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
	// Message is the message of the first failure. Others holds those of later failures.
	Message    string             `json:"message,omitempty"`
	Others     []string           `json:"others,omitempty"`
	Injections []record.Injection `json:"injections,omitempty"`
	Windows    []record.Window    `json:"windows,omitempty"`
	Samples    []record.Samples   `json:"samples,omitempty"`
	Failures   []record.Failure   `json:"failures,omitempty"`
	// Logs are those of the services concerned, if the spec failed.
	Logs    []record.Log `json:"logs,omitempty"`
	Finding Finding      `json:"finding"`
}

// Name is the suite and the text of the spec, for people.
func (s Spec) Name() string { return s.Suite + ": " + s.Text }

// Finding is the gate's answer on one spec.
type Finding struct {
	// Verdict is empty for a spec that did not run because it was skipped or is pending.
	Verdict Verdict `json:"verdict,omitempty"`
	// Reason explains the verdict in one line.
	Reason string `json:"reason,omitempty"`
	// Logs says in short what the logs of the services concerned say, the most telling first.
	Logs []string `json:"logs,omitempty"`
	// Also lists what else was found, one line each. It does not change the verdict.
	Also []string `json:"also,omitempty"`
	// Judgement is the matcher's judgement that failed the spec, if one did. Probe is the
	// probe whose samples it judged, and Annotation the spec's description of it.
	Judgement  *record.Judgement `json:"judgement,omitempty"`
	Probe      string            `json:"probe,omitempty"`
	Annotation string            `json:"annotation,omitempty"`
}

// Parse reads a record.
func Parse(data []byte) (Record, error) {
	var head struct{ Schema int }
	if err := json.Unmarshal(data, &head); err != nil {
		return Record{}, fmt.Errorf("read record of the run: %w", err)
	}
	if head.Schema < 1 || head.Schema > Schema {
		return Record{}, fmt.Errorf("read record of the run: schema %d, this version reads 1 to %d: use the chaosgate version that wrote it", head.Schema, Schema)
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, fmt.Errorf("read record of the run: %w", err)
	}
	return r, nil
}
