package baseline

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Validate refuses values that no run can have measured. Such a run would make every
// later one look good, or bad.
func (r Run) Validate() error {
	seen := map[Key]bool{}
	for _, w := range r.Windows {
		k := w.Key()
		err := w.validate()
		if err == nil && seen[k] {
			// A summary numbers the windows that a spec repeats, so two with the same number
			// are copies, and would count as two runs.
			err = errors.New("it is in the run twice: leave one")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
		seen[k] = true
	}
	return nil
}

func (w Window) validate() error {
	rate := float64(w.ErrorRate)
	switch {
	case w.Number < 1:
		return fmt.Errorf("number is %d: it must be 1 or more", w.Number)
	case w.Count < 1:
		return fmt.Errorf("count is %d: a window must have a sample", w.Count)
	case !(rate >= 0 && rate <= 1):
		return fmt.Errorf("errorRate is %s: it must be a share from 0 to 1, such as 0.01 for 1 %%", inJSON(w.ErrorRate))
	}
	return w.validateLatencies()
}

// validateLatencies allows latencies beside errorRate 1. The rate is rounded, so one
// of millions of samples may have been answered.
func (w Window) validateLatencies() error {
	latencies := []struct {
		name  string
		value record.Float
	}{{"p50", w.P50}, {"p90", w.P90}, {"p99", w.P99}}
	absent := func(v record.Float) bool { return inJSON(v) == "null" }
	for _, l := range latencies {
		switch {
		case absent(l.value) && w.ErrorRate < 1:
			return fmt.Errorf("%s is null and errorRate %s: a latency must be a number where any sample was answered", l.name, inJSON(w.ErrorRate))
		case l.value < 0:
			return fmt.Errorf("%s is %s: a latency must be 0 seconds or more", l.name, inJSON(l.value))
		}
		for _, other := range latencies {
			if absent(l.value) && !absent(other.value) {
				return fmt.Errorf("%s is null and %s is not: either all latencies must be null, where nothing was answered, or none", l.name, other.name)
			}
		}
	}
	return nil
}

// inJSON is the number as the file contains it.
func inJSON(f record.Float) string {
	if v := float64(f); math.IsNaN(v) || math.IsInf(v, 0) {
		return "null"
	}
	return fmt.Sprint(float64(f))
}

func (b Baseline) validate() error {
	for n, run := range b.Runs {
		if err := run.Validate(); err != nil {
			return fmt.Errorf("run %d of %d, started %s: %w", n+1, len(b.Runs), run.Started.Format(time.RFC3339), err)
		}
	}
	return nil
}

// The fields that every run and every window must have.
var (
	runFields    = []string{"started", "environment", "windows"}
	windowFields = []string{"suite", "spec", "probe", "number", "count", "errorRate", "p50", "p90", "p99"}
)

// complete refuses a file that lacks a field of a run or a window. Decoded, the field
// would be zero, the best value possible.
func complete(data []byte) error {
	var file struct {
		Runs []map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return err
	}
	for n, run := range file.Runs {
		where := fmt.Sprintf("run %d of %d", n+1, len(file.Runs))
		if err := has(run, runFields); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		var windows []map[string]json.RawMessage
		if err := json.Unmarshal(run["windows"], &windows); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		for m, w := range windows {
			if err := has(w, windowFields); err != nil {
				return fmt.Errorf("%s, window %d of %d: %w", where, m+1, len(windows), err)
			}
		}
	}
	return nil
}

func has(object map[string]json.RawMessage, fields []string) error {
	var lacks []string
	for _, name := range fields {
		if _, ok := object[name]; !ok {
			lacks = append(lacks, fmt.Sprintf("%q", name))
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("it lacks %s: it must have %s", strings.Join(lacks, ", "), strings.Join(fields, ", "))
}
