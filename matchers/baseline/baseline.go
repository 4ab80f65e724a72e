// Package baseline holds the runs that a team has accepted, in one file that people can
// read and review, and compares later runs with them. The chaosgate command and the matcher
// MatchBaseline both read this file and use this comparison.
//
// A run has one summary for each window, and runs are compared as wholes. Requests of one
// run resemble each other, so a test that pools the requests of several runs raises false
// alarms, and more of them with more requests. Runs must differ in the code alone: the same
// kind of machine and the same load.
package baseline

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Baseline is the accepted runs, the oldest first.
type Baseline struct {
	Schema int
	Runs   []Run
	// Path is the file that Read was called with.
	Path string
	// Collecting says that runs are being collected. MatchBaseline then passes a window
	// that cannot be compared yet.
	Collecting bool
}

// Run is the metrics of one run.
type Run struct {
	Started     time.Time
	Environment Environment
	// Speed is how fast the machine calculated; see Speed. It is 0 where it is not known.
	Speed record.Float
	// Reference says that a person has accepted the run. Later runs are also compared with
	// the references. So small steps cannot add up, even if each of them passes.
	Reference bool
	Windows   []Window
}

// Window is the metrics of one window of a run.
type Window struct {
	Suite string
	Spec  string
	Probe string
	// Number tells the windows of one probe in one spec apart, from 1.
	Number int
	Count  int
	// Errors counts the samples that were errors, by class.
	Errors map[string]int
	// P50, P90 and P99 are latencies in seconds; NaN if nothing was answered.
	P50, P90, P99 record.Float
	// Throughput is how many samples were answered in a second; NaN if it is not known.
	Throughput record.Float
}

// Failed is how many samples were errors.
func (w Window) Failed() (all int) {
	for _, n := range w.Errors {
		all += n
	}
	return all
}

// ErrorRate is the share of samples that were errors.
func (w Window) ErrorRate() float64 { return float64(w.Failed()) / float64(w.Count) }

// dead reports whether nothing was answered.
func (w Window) dead() bool { return math.IsNaN(float64(w.P50)) }

// Summarise returns the window's metrics, rounded so that people can read them: latencies to
// microseconds. The window does not know its suite.
func Summarise(w record.Window) Window {
	micro := func(v float64) record.Float { return record.Float(math.Round(v*1e6) / 1e6) }
	s := Window{
		Spec: w.Spec, Probe: w.Probe, Number: w.Number, Count: w.Count, Errors: maps.Clone(w.Classes),
		P50: micro(float64(w.P50)), P90: micro(float64(w.P90)), P99: micro(float64(w.P99)),
		Throughput: record.Float(math.NaN()),
	}
	if named := s.Failed(); named != w.Errors { // the record does not name all classes
		s.Errors = map[string]int{}
		if w.Errors > 0 {
			s.Errors[unnamed] = w.Errors
		}
	}
	if span := w.End.Sub(w.Start).Seconds(); span > 0 && !w.Start.IsZero() {
		s.Throughput = record.Float(math.Round(float64(w.Count-w.Errors)/span*1e3) / 1e3)
	}
	return s
}

// unnamed is the class of errors whose class is not known.
const unnamed = "error"

// Numbers of runs that a file keeps.
const (
	// Kept is the default for how many runs a file holds, without the references.
	Kept = 200
	// References is how many of the newest references are kept and compared with.
	References = 20
)

// Accept appends runs, and keeps the newest of them and the newest references. It returns
// the new baseline, and how many runs were dropped.
func (b Baseline) Accept(keep int, runs ...Run) (accepted Baseline, dropped int) {
	all := slices.Concat(b.Runs, runs)
	references, others := 0, 0
	slices.Reverse(all)
	kept := slices.DeleteFunc(slices.Clone(all), func(r Run) bool {
		if r.Reference {
			references++
			return references > References
		}
		others++
		return others > keep
	})
	slices.Reverse(kept)
	return Baseline{Schema: Schema, Runs: kept}, len(all) - len(kept)
}
