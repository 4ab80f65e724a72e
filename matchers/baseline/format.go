package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Schema is the version of the baseline file.
const Schema = 2

// The file names each window and each environment once, so that a run is one line:
//
//	{"started":"2026-01-01T00:00:00Z","reference":true,"environment":1,
//	 "windows":{"1":[250,{"timeout":1},0.012,0.02,0.05,49.8]}}
//
// It is one line in the file. The values of a window are those of columns.
type file struct {
	Schema       int           `json:"schema"`
	Columns      []string      `json:"columns"`
	Environments []Environment `json:"environments"`
	Windows      []Key         `json:"windows"`
	Runs         []line        `json:"runs"`
}

type line struct {
	Started     time.Time    `json:"started"`
	Reference   bool         `json:"reference,omitempty"`
	Environment int          `json:"environment"` // from 1
	Speed       record.Float `json:"speed,omitempty"`
	Windows     values       `json:"windows"`
}

// values are the values of the windows, by their number from 1, in the order of windows.
type values map[int][]json.RawMessage

var columns = []string{"count", "errors", "p50", "p90", "p99", "throughput"}

// Encode writes the baseline for people: one accepted run is one line of a diff.
func (b Baseline) Encode() ([]byte, error) {
	f := file{Schema: Schema, Columns: columns, Environments: []Environment{}, Windows: []Key{}}
	environments, windows := map[Environment]int{}, map[Key]int{}
	for _, run := range b.Runs {
		l := line{Started: run.Started, Reference: run.Reference, Speed: run.Speed, Environment: number(environments, run.Environment, &f.Environments), Windows: values{}}
		for _, w := range run.Windows {
			row, err := w.row()
			if err != nil {
				return nil, fmt.Errorf("write baseline: %w", err)
			}
			l.Windows[number(windows, w.Key(), &f.Windows)] = row
		}
		f.Runs = append(f.Runs, l)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"schema\": %d,\n  \"columns\": %s,\n", f.Schema, compact(f.Columns))
	list(&out, "environments", f.Environments)
	out.WriteString(",\n")
	list(&out, "windows", f.Windows)
	out.WriteString(",\n")
	list(&out, "runs", f.Runs)
	out.WriteString("\n}\n")
	return out.Bytes(), nil
}

// number is the number of a thing in a list, from 1. A new one is appended.
func number[T comparable](known map[T]int, thing T, all *[]T) int {
	if known[thing] == 0 {
		*all = append(*all, thing)
		known[thing] = len(*all)
	}
	return known[thing]
}

// list writes each item in a line of its own.
func list[T any](out *bytes.Buffer, name string, items []T) {
	fmt.Fprintf(out, "  %q: [", name)
	for n, item := range items {
		if n > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "\n    %s", compact(item))
	}
	if len(items) > 0 {
		out.WriteString("\n  ")
	}
	out.WriteByte(']')
}

func compact(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("encode baseline: " + err.Error()) // it holds numbers, strings and valid JSON only
	}
	return data
}

// row is the window's values in the order of columns.
func (w Window) row() ([]json.RawMessage, error) {
	errors := w.Errors
	if errors == nil {
		errors = map[string]int{}
	}
	var row []json.RawMessage
	for _, v := range []any{w.Count, errors, w.P50, w.P90, w.P99, w.Throughput} {
		data, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		row = append(row, data)
	}
	return row, nil
}

// Parse reads a baseline file. It refuses a file that lacks a field, or that holds a value
// that no run can have measured. Files of schema 1 are read, too; all their runs are
// references, because a person accepted each.
func Parse(data []byte) (Baseline, error) {
	var head struct{ Schema int }
	if err := json.Unmarshal(data, &head); err != nil {
		return Baseline{}, fmt.Errorf("read baseline: %w", err)
	}
	if head.Schema < 1 || head.Schema > Schema {
		return Baseline{}, &SchemaError{Have: head.Schema}
	}
	read := parse
	if head.Schema == 1 {
		read = parse1
	}
	b, err := read(data)
	if err == nil {
		err = b.validate()
	}
	if err != nil {
		return Baseline{}, fmt.Errorf("read baseline: %w", err)
	}
	return b, nil
}

func parse(data []byte) (Baseline, error) {
	if err := complete(data, map[string][]string{
		"": {"schema", "columns", "environments", "windows", "runs"}, "runs": {"started", "environment", "windows"},
		"windows": {"suite", "spec", "probe", "number"},
	}); err != nil {
		return Baseline{}, err
	}
	var f file
	if err := strict(data, &f); err != nil {
		return Baseline{}, err
	}
	if fmt.Sprint(f.Columns) != fmt.Sprint(columns) {
		return Baseline{}, fmt.Errorf("columns are %q: they must be %q", f.Columns, columns)
	}
	b := Baseline{Schema: Schema}
	for n, l := range f.Runs {
		where := fmt.Sprintf("run %d of %d", n+1, len(f.Runs))
		if l.Environment < 1 || l.Environment > len(f.Environments) {
			return b, fmt.Errorf("%s has environment %d: there are 1 to %d", where, l.Environment, len(f.Environments))
		}
		run := Run{Started: l.Started, Reference: l.Reference, Speed: l.Speed, Environment: f.Environments[l.Environment-1], Windows: []Window{}}
		for k := range l.Windows {
			if k < 1 || k > len(f.Windows) {
				return b, fmt.Errorf("%s has window %d: there are 1 to %d", where, k, len(f.Windows))
			}
		}
		for k, key := range f.Windows {
			row, ok := l.Windows[k+1]
			if !ok {
				continue
			}
			w, err := key.window(row)
			if err != nil {
				return b, fmt.Errorf("%s, %s: %w", where, key, err)
			}
			run.Windows = append(run.Windows, w)
		}
		b.Runs = append(b.Runs, run)
	}
	return b, nil
}

// window reads the values of a window.
func (k Key) window(row []json.RawMessage) (Window, error) {
	w := Window{Suite: k.Suite, Spec: k.Spec, Probe: k.Probe, Number: k.Number}
	if len(row) != len(columns) {
		return w, fmt.Errorf("it has %d values: it must have %d, %q", len(row), len(columns), columns)
	}
	for n, into := range []any{&w.Count, &w.Errors, &w.P50, &w.P90, &w.P99, &w.Throughput} {
		if err := json.Unmarshal(row[n], into); err != nil {
			return w, fmt.Errorf("%s is %s: %w", columns[n], row[n], err)
		}
	}
	return w, nil
}

// strict decodes JSON, and refuses fields that are not known.
func strict(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// SchemaError says that a baseline was written by another version.
type SchemaError struct{ Have int }

func (e *SchemaError) Error() string {
	return fmt.Sprintf("the baseline has schema %d, this version reads 1 to %d: use the chaosgate version that wrote it, or delete the file and collect anew", e.Have, Schema)
}

// file1 is a baseline of schema 1.
type file1 struct {
	Schema int `json:"schema"`
	Runs   []struct {
		Started     time.Time   `json:"started"`
		Environment Environment `json:"environment"`
		Windows     []struct {
			Key
			Count     int          `json:"count"`
			ErrorRate record.Float `json:"errorRate"`
			P50       record.Float `json:"p50"`
			P90       record.Float `json:"p90"`
			P99       record.Float `json:"p99"`
		} `json:"windows"`
	} `json:"runs"`
}

func parse1(data []byte) (Baseline, error) {
	if err := complete(data, map[string][]string{
		"runs":         {"started", "environment", "windows"},
		"runs.windows": {"suite", "spec", "probe", "number", "count", "errorRate", "p50", "p90", "p99"},
	}); err != nil {
		return Baseline{}, err
	}
	var f file1
	if err := strict(data, &f); err != nil {
		return Baseline{}, err
	}
	b := Baseline{Schema: Schema}
	for n, r := range f.Runs {
		run := Run{Started: r.Started, Reference: true, Environment: r.Environment, Windows: []Window{}}
		for _, was := range r.Windows {
			rate := float64(was.ErrorRate)
			if !(rate >= 0 && rate <= 1) {
				return b, fmt.Errorf("run %d of %d, %s: errorRate is %s: it must be a share from 0 to 1, such as 0.01 for 1 %%", n+1, len(f.Runs), was.Key, inJSON(was.ErrorRate))
			}
			w := Window{
				Suite: was.Suite, Spec: was.Spec, Probe: was.Probe, Number: was.Number, Count: was.Count,
				P50: was.P50, P90: was.P90, P99: was.P99, Throughput: record.Float(math.NaN()), Errors: map[string]int{},
			}
			if failed := int(math.Round(rate * float64(was.Count))); failed > 0 {
				w.Errors[unnamed] = failed
			}
			run.Windows = append(run.Windows, w)
		}
		b.Runs = append(b.Runs, run)
	}
	return b, nil
}
