// Package baseline holds the runs that a team has accepted, in one file that people can
// read and review, and compares later runs with them. The chaosgate command and the matcher
// MatchBaseline both read this file and use this comparison.
//
// A run has one summary for each window, and runs are compared as wholes. Requests of one
// run resemble each other, so a test that pools the requests of several runs raises false
// alarms, and more of them with more requests. Runs must differ in the code alone: the same
// machine, the same load, and no trend over time.
package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Schema is the version of the baseline file.
const Schema = 1

// Baseline is the accepted runs, the oldest first.
type Baseline struct {
	Schema int   `json:"schema"`
	Runs   []Run `json:"runs"`
	// Path is the file that Read was called with.
	Path string `json:"-"`
	// Collecting says that runs are being collected. MatchBaseline then passes a window
	// that cannot be compared yet.
	Collecting bool `json:"-"`
}

// Run is the metrics of one run.
type Run struct {
	Started     time.Time   `json:"started"`
	Environment Environment `json:"environment"`
	Windows     []Window    `json:"windows"`
}

// Window is the metrics of one window of a run. All are better when lower.
type Window struct {
	Suite string `json:"suite"`
	Spec  string `json:"spec"`
	Probe string `json:"probe"`
	// Number tells the windows of one probe in one spec apart, from 1.
	Number int `json:"number"`
	Count  int `json:"count"`
	// ErrorRate is the share of samples that were errors.
	ErrorRate record.Float `json:"errorRate"`
	// P50, P90 and P99 are latencies in seconds; null if nothing was answered.
	P50 record.Float `json:"p50"`
	P90 record.Float `json:"p90"`
	P99 record.Float `json:"p99"`
}

// MetricName names a metric by which runs are compared; a lower value is
// better.
type MetricName string

// The metrics of a window.
const (
	ErrorRate MetricName = "error rate"
	P50       MetricName = "p50"
	P90       MetricName = "p90"
	P99       MetricName = "p99"
)

// Metrics are all metrics, in the order of reports.
func Metrics() []MetricName { return []MetricName{ErrorRate, P50, P90, P99} }

// Value is the window's value of the metric: a share, or a latency in seconds. A latency
// is infinite if nothing was answered.
func (w Window) Value(m MetricName) float64 {
	if m == ErrorRate {
		return float64(w.ErrorRate)
	}
	v := float64(map[MetricName]record.Float{P50: w.P50, P90: w.P90, P99: w.P99}[m])
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// Summarise returns the window's metrics, rounded so that people can read them: to
// microseconds, and to errors in a million. The window does not know its suite.
func Summarise(w record.Window) Window {
	micro := func(v float64) record.Float { return record.Float(math.Round(v*1e6) / 1e6) }
	return Window{
		Spec: w.Spec, Probe: w.Probe, Number: w.Number, Count: w.Count,
		ErrorRate: micro(float64(w.Errors) / float64(w.Count)),
		P50:       micro(float64(w.P50)), P90: micro(float64(w.P90)), P99: micro(float64(w.P99)),
	}
}

// Accept appends runs and keeps the newest: it returns the new baseline and how
// many of the oldest runs were dropped.
func (b Baseline) Accept(keep int, runs ...Run) (accepted Baseline, dropped int) {
	all := slices.Concat(b.Runs, runs)
	dropped = max(0, len(all)-keep)
	return Baseline{Schema: Schema, Runs: all[dropped:]}, dropped
}

// Parse reads a baseline file. It refuses a file that lacks a field, or that
// holds a value that no run can have measured.
func Parse(data []byte) (Baseline, error) {
	var head struct{ Schema int }
	if err := json.Unmarshal(data, &head); err != nil {
		return Baseline{}, fmt.Errorf("read baseline: %w", err)
	}
	if head.Schema < 1 || head.Schema > Schema {
		return Baseline{}, &SchemaError{Have: head.Schema}
	}
	var b Baseline
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	for _, check := range []func() error{
		func() error { return decoder.Decode(&b) },
		func() error { return complete(data) },
		func() error { return b.validate() },
	} {
		if err := check(); err != nil {
			return Baseline{}, fmt.Errorf("read baseline: %w", err)
		}
	}
	return b, nil
}

// SchemaError says that a baseline was written by another version.
type SchemaError struct{ Have int }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("the baseline has schema %d, this version reads 1 to %d: use the chaosgate version that wrote it, or delete the file and collect anew", e.Have, Schema)
}

// Encode writes the baseline for people. Each window has one line, so a diff shows
// one accepted run as one block.
func (b Baseline) Encode() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"schema\": %d,\n  \"runs\": [", Schema)
	for n, run := range b.Runs {
		started, err := json.Marshal(run.Started)
		if err != nil {
			return nil, fmt.Errorf("write baseline: %w", err)
		}
		environment, err := json.Marshal(run.Environment)
		if err != nil {
			return nil, fmt.Errorf("write baseline: %w", err)
		}
		fmt.Fprintf(&out, "%s\n    {\n      \"started\": %s,\n      \"environment\": %s,\n      \"windows\": [", comma(n), started, environment)
		for m, w := range run.Windows {
			line, err := json.Marshal(w)
			if err != nil {
				return nil, fmt.Errorf("write baseline: %w", err)
			}
			fmt.Fprintf(&out, "%s\n        %s", comma(m), line)
		}
		out.WriteString("\n      ]\n    }")
	}
	out.WriteString("\n  ]\n}\n")
	return out.Bytes(), nil
}

func comma(n int) string {
	if n == 0 {
		return ""
	}
	return ","
}
