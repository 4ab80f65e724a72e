package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"
)

// BaselineSchema is the version of the baseline file.
const BaselineSchema = 1

// Baseline is the accepted runs, the oldest first: one summary a run.
type Baseline struct {
	Schema int           `json:"schema"`
	Runs   []BaselineRun `json:"runs"`
}

// BaselineRun is the metrics of one run.
type BaselineRun struct {
	Started     time.Time        `json:"started"`
	Environment Environment      `json:"environment"`
	Windows     []BaselineWindow `json:"windows"`
}

// BaselineWindow is the metrics of one window of a run. All are better when lower.
type BaselineWindow struct {
	// Spec is the spec's SpecKey.
	Spec  string `json:"spec"`
	Probe string `json:"probe"`
	// Number tells the windows of one probe in one spec apart, from 1.
	Number int `json:"number"`
	Count  int `json:"count"`
	// ErrorRate is the share of samples that were errors.
	ErrorRate Float `json:"errorRate"`
	// P50, P90 and P99 are latencies in seconds; null where nothing was answered.
	P50 Float `json:"p50"`
	P90 Float `json:"p90"`
	P99 Float `json:"p99"`
}

// BaselineMetric names a metric by which runs are compared; a lower value is
// better.
type BaselineMetric string

// The metrics of a window.
const (
	ErrorRate BaselineMetric = "error rate"
	P50       BaselineMetric = "p50"
	P90       BaselineMetric = "p90"
	P99       BaselineMetric = "p99"
)

// BaselineMetrics are all metrics, in the order of reports.
func BaselineMetrics() []BaselineMetric { return []BaselineMetric{ErrorRate, P50, P90, P99} }

// Value is the window's value of the metric: a share, or seconds, which are
// infinite where nothing was answered.
func (w BaselineWindow) Value(m BaselineMetric) float64 {
	if m == ErrorRate {
		return float64(w.ErrorRate)
	}
	v := float64(map[BaselineMetric]Float{P50: w.P50, P90: w.P90, P99: w.P99}[m])
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// Summarise is the window's metrics, rounded to what a person can read:
// microseconds, and errors in a million.
func Summarise(w Window) BaselineWindow {
	micro := func(v float64) Float { return Float(math.Round(v*1e6) / 1e6) }
	return BaselineWindow{
		Spec: w.Spec, Probe: w.Probe, Number: w.Number, Count: w.Count,
		ErrorRate: micro(float64(w.Errors) / float64(w.Count)),
		P50:       micro(float64(w.P50)), P90: micro(float64(w.P90)), P99: micro(float64(w.P99)),
	}
}

// Accept appends runs and keeps the newest: it returns the new baseline and how
// many of the oldest runs were dropped.
func (b Baseline) Accept(keep int, runs ...BaselineRun) (accepted Baseline, dropped int) {
	all := slices.Concat(b.Runs, runs)
	dropped = max(0, len(all)-keep)
	return Baseline{Schema: BaselineSchema, Runs: all[dropped:]}, dropped
}

// ParseBaseline reads a baseline file. It refuses one that lacks a field, or that
// holds what no run can have measured.
func ParseBaseline(data []byte) (Baseline, error) {
	var head struct{ Schema int }
	if err := json.Unmarshal(data, &head); err != nil {
		return Baseline{}, fmt.Errorf("read baseline: %w", err)
	}
	if head.Schema < 1 || head.Schema > BaselineSchema {
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
	return fmt.Sprintf("the baseline has schema %d, this version reads 1 to %d: use the chaosgate version that wrote it, or delete the file and collect anew", e.Have, BaselineSchema)
}

// Encode writes the baseline for people: a line a window, so that a diff shows
// one accepted run as one block.
func (b Baseline) Encode() ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"schema\": %d,\n  \"runs\": [", BaselineSchema)
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
