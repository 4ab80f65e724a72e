package gate

import (
	"cmp"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Summarise gathers the metrics of the run's passed specs, in a stable order.
func Summarise(run Run, environment record.Environment) record.BaselineRun {
	s := record.BaselineRun{Started: run.Started.UTC().Truncate(time.Millisecond), Environment: environment, Windows: []record.BaselineWindow{}}
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
			summary := record.Summarise(w)
			summary.Spec, summary.Number = k.spec, seen[k]
			s.Windows = append(s.Windows, summary)
		}
	}
	slices.SortStableFunc(s.Windows, func(a, b record.BaselineWindow) int {
		return cmp.Or(cmp.Compare(a.Spec, b.Spec), cmp.Compare(a.Probe, b.Probe), cmp.Compare(a.Number, b.Number))
	})
	return s
}
