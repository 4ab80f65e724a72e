package gate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// BaselineSchema is the version of the baseline file.
const BaselineSchema = 1

// Baseline is the accepted runs, the oldest first: one summary a run.
type Baseline struct {
	Schema int       `json:"schema"`
	Runs   []Summary `json:"runs"`
}

// Summary is the metrics of one run.
type Summary struct {
	Started     time.Time       `json:"started"`
	Environment Environment     `json:"environment"`
	Windows     []WindowSummary `json:"windows"`
}

// WindowSummary is the metrics of one window of a run. All are better when lower.
type WindowSummary struct {
	Spec  string `json:"spec"`
	Probe string `json:"probe"`
	// Number tells the windows of one probe in one spec apart, from 1.
	Number int `json:"number"`
	Count  int `json:"count"`
	// ErrorRate is the share of samples that were errors.
	ErrorRate record.Float `json:"errorRate"`
	// P50, P90 and P99 are latencies in seconds; null where nothing was answered.
	P50 record.Float `json:"p50"`
	P90 record.Float `json:"p90"`
	P99 record.Float `json:"p99"`
}

// Summarise gathers the metrics of the run's passed specs, in a stable order
// and rounded to what a person can read: microseconds, and errors in a million.
func Summarise(run Run, environment Environment) Summary {
	s := Summary{Started: run.Started.UTC().Truncate(time.Millisecond), Environment: environment, Windows: []WindowSummary{}}
	type key struct{ spec, probe string }
	seen := map[key]int{}
	for _, spec := range run.Specs {
		if spec.Finding.Verdict != Pass {
			continue
		}
		for _, w := range spec.Windows {
			if w.Count == 0 {
				continue
			}
			k := key{spec.Key(), w.Probe}
			seen[k]++
			s.Windows = append(s.Windows, WindowSummary{
				Spec: k.spec, Probe: k.probe, Number: seen[k], Count: w.Count,
				ErrorRate: micro(float64(w.Errors) / float64(w.Count)),
				P50:       micro(float64(w.P50)), P90: micro(float64(w.P90)), P99: micro(float64(w.P99)),
			})
		}
	}
	slices.SortStableFunc(s.Windows, func(a, b WindowSummary) int {
		return cmp.Or(cmp.Compare(a.Spec, b.Spec), cmp.Compare(a.Probe, b.Probe), cmp.Compare(a.Number, b.Number))
	})
	return s
}

func micro(v float64) record.Float { return record.Float(math.Round(v*1e6) / 1e6) }

// Accept appends runs and keeps the newest: it returns the new baseline and how
// many of the oldest runs were dropped.
func (b Baseline) Accept(keep int, runs ...Summary) (accepted Baseline, dropped int) {
	all := slices.Concat(b.Runs, runs)
	dropped = max(0, len(all)-keep)
	return Baseline{Schema: BaselineSchema, Runs: all[dropped:]}, dropped
}

// ParseBaseline reads a baseline file.
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
	if err := decoder.Decode(&b); err != nil {
		return Baseline{}, fmt.Errorf("read baseline: %w", err)
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
