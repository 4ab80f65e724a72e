package gate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Summarise gathers the metrics of the run's passed specs, in a stable order.
func Summarise(run Run, environment record.Environment) record.BaselineRun {
	s := record.BaselineRun{Started: run.Started.UTC().Truncate(time.Millisecond), Environment: environment, Windows: []record.BaselineWindow{}}
	all, used := map[window]record.BaselineWindow{}, map[window]int{}
	for _, spec := range run.Specs {
		if spec.Finding.Verdict == Pass {
			used = number(all, used, spec)
		}
	}
	s.Windows = slices.AppendSeq(s.Windows, maps.Values(all))
	slices.SortFunc(s.Windows, func(a, b record.BaselineWindow) int {
		return cmp.Or(cmp.Compare(a.Spec, b.Spec), cmp.Compare(a.Probe, b.Probe), cmp.Compare(a.Number, b.Number))
	})
	return s
}

// number adds the spec's windows by the numbers that they have, or else in their
// order, and after those that specs of the same text have used. It returns what is
// used now, by spec and probe. A number that comes again is of a later attempt at
// the spec: it is the last one that passed.
func number(all map[window]record.BaselineWindow, used map[window]int, spec Spec) map[window]int {
	now := maps.Clone(used)
	for _, w := range spec.Windows {
		if w.Count == 0 {
			continue
		}
		k := window{spec: spec.Key(), probe: w.Probe}
		n := now[k] + 1
		if w.Number > 0 {
			n = used[k] + w.Number
		}
		now[k] = max(now[k], n)
		summary := record.Summarise(w)
		summary.Spec, summary.Number = k.spec, n
		k.number = n
		all[k] = summary
	}
	return now
}
