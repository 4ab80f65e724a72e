package gate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Namesakes are the keys that several specs have in common, with windows of some.
// They may run in any order, and fail before they measure anything: nobody can tell
// the windows of one from another's.
func Namesakes(run Run) []string {
	specs, windows := map[string]int{}, map[string]int{}
	for _, spec := range run.Specs {
		specs[spec.Key()]++
		windows[spec.Key()] += len(spec.Windows)
	}
	maps.DeleteFunc(specs, func(key string, n int) bool { return n == 1 || windows[key] == 0 })
	return slices.Sorted(maps.Keys(specs))
}

// Summarise gathers the metrics of the run's passed specs, in a stable order. Those
// of Namesakes are left out.
func Summarise(run Run, environment record.Environment) record.BaselineRun {
	s := record.BaselineRun{Started: run.Started.UTC().Truncate(time.Millisecond), Environment: environment, Windows: []record.BaselineWindow{}}
	all, namesakes := map[window]record.BaselineWindow{}, Namesakes(run)
	for _, spec := range run.Specs {
		if spec.Finding.Verdict == Pass && !slices.Contains(namesakes, spec.Key()) {
			number(all, spec)
		}
	}
	s.Windows = slices.AppendSeq(s.Windows, maps.Values(all))
	slices.SortFunc(s.Windows, func(a, b record.BaselineWindow) int {
		return cmp.Or(cmp.Compare(a.Spec, b.Spec), cmp.Compare(a.Probe, b.Probe), cmp.Compare(a.Number, b.Number))
	})
	return s
}

// number adds the spec's windows by the numbers that they have, or else in their
// order. A number that comes again is of a later attempt at the spec: it is the last
// one that passed.
func number(all map[window]record.BaselineWindow, spec Spec) {
	seen := map[window]int{}
	for _, w := range spec.Windows {
		if w.Count == 0 {
			continue
		}
		k := window{spec: spec.Key(), probe: w.Probe}
		n := seen[k] + 1
		if w.Number > 0 {
			n = w.Number
		}
		seen[k] = max(seen[k], n)
		summary := record.Summarise(w)
		summary.Spec, summary.Number = k.spec, n
		k.number = n
		all[k] = summary
	}
}
