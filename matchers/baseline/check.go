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
	if !(r.Speed >= 0) {
		return fmt.Errorf("speed is %s: it must be 0 or more", inJSON(r.Speed))
	}
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
	switch {
	case w.Number < 1:
		return fmt.Errorf("number is %d: it must be 1 or more", w.Number)
	case w.Count < 1:
		return fmt.Errorf("count is %d: a window must have a sample", w.Count)
	}
	for class, n := range w.Errors {
		if n < 0 || n > w.Count {
			return fmt.Errorf("errors are %d of class %q: they must be from 0 to the count, %d", n, class, w.Count)
		}
	}
	if w.Failed() > w.Count {
		return fmt.Errorf("errors are %d: they must be from 0 to the count, %d", w.Failed(), w.Count)
	}
	if absent(w.Throughput) || w.Throughput >= 0 {
		return w.validateLatencies()
	}
	return fmt.Errorf("throughput is %s: it must be 0 or more answers a second, or null if it is not known", inJSON(w.Throughput))
}

func absent(v record.Float) bool { return inJSON(v) == "null" }

func (w Window) validateLatencies() error {
	latencies := []struct {
		name  string
		value record.Float
	}{{"p50", w.P50}, {"p90", w.P90}, {"p99", w.P99}}
	for n, l := range latencies {
		switch {
		case absent(l.value) && w.Failed() < w.Count:
			return fmt.Errorf("%s is null and errors are %d of %d: a latency must be a number where any sample was answered", l.name, w.Failed(), w.Count)
		case l.value < 0:
			return fmt.Errorf("%s is %s: a latency must be 0 seconds or more", l.name, inJSON(l.value))
		case absent(l.value) != absent(w.P50):
			return fmt.Errorf("%s is %s and p50 is %s: either all latencies must be null, where nothing was answered, or none", l.name, inJSON(l.value), inJSON(w.P50))
		case n > 0 && l.value < latencies[n-1].value:
			return fmt.Errorf("%s is %s, below %s: a larger quantile is not a lower latency", l.name, inJSON(l.value), latencies[n-1].name)
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

// complete refuses a file whose objects lack a field. Decoded, the field would be zero, the
// best value possible. The fields are by the path of lists to the objects.
func complete(data []byte, fields map[string][]string) error {
	return lacking(data, "", "", fields)
}

func lacking(data []byte, path, where string, fields map[string][]string) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return fmt.Errorf("%s%w", where, err)
	}
	var lacks []string
	for _, name := range fields[path] {
		if _, ok := object[name]; !ok {
			lacks = append(lacks, fmt.Sprintf("%q", name))
		}
	}
	if len(lacks) > 0 {
		return fmt.Errorf("%sit lacks %s: it must have %s", where, strings.Join(lacks, ", "), strings.Join(fields[path], ", "))
	}
	for _, list := range []string{"windows", "runs"} {
		below := strings.TrimPrefix(path+"."+list, ".")
		if _, ok := fields[below]; !ok || object[list] == nil {
			continue
		}
		var items []json.RawMessage
		if err := json.Unmarshal(object[list], &items); err != nil {
			return fmt.Errorf("%s%s: %w", where, list, err)
		}
		for n, item := range items {
			if err := lacking(item, below, fmt.Sprintf("%s%s %d of %d: ", where, strings.TrimSuffix(list, "s"), n+1, len(items)), fields); err != nil {
				return err
			}
		}
	}
	return nil
}
