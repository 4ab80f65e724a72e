package gate

import (
	"maps"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// specKey is how a spec is known in the baseline, whichever run it is of.
type specKey struct{ suite, text string }

func (s Spec) key() specKey { return specKey{s.Suite, s.Text} }

// Namesakes are the names that several specs have in common, with windows of some. They
// may run in any order, and fail before they measure anything: nobody can tell the
// windows of one from another's.
func Namesakes(run Run) []string {
	shared := namesakes(run)
	var names []string
	for _, spec := range run.Specs {
		if shared[spec.key()] {
			names = append(names, spec.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func namesakes(run Run) map[specKey]bool {
	specs, windows := map[specKey]int{}, map[specKey]int{}
	for _, spec := range run.Specs {
		specs[spec.key()]++
		windows[spec.key()] += len(spec.Windows)
	}
	shared := map[specKey]bool{}
	for key, n := range specs {
		shared[key] = n > 1 && windows[key] > 0
	}
	return shared
}

// Summarise gathers the metrics of the run's passed specs, in a stable order. Those of
// Namesakes are left out.
func Summarise(run Run, environment baseline.Environment) baseline.Run {
	s := baseline.Run{Started: run.Started.UTC().Truncate(time.Millisecond), Environment: environment, Windows: []baseline.Window{}}
	all, shared := map[baseline.Key]baseline.Window{}, namesakes(run)
	for _, spec := range run.Specs {
		if spec.Finding.Verdict == Pass && !shared[spec.key()] {
			number(all, spec)
		}
	}
	s.Windows = slices.AppendSeq(s.Windows, maps.Values(all))
	slices.SortFunc(s.Windows, func(a, b baseline.Window) int { return a.Key().Compare(b.Key()) })
	return s
}

// number adds the spec's windows by the numbers that they have, or else in their order.
// A number that comes again is of a later attempt at the spec: it is the last one that
// passed.
func number(all map[baseline.Key]baseline.Window, spec Spec) {
	seen := map[string]int{}
	for _, w := range spec.Windows {
		if w.Count == 0 {
			continue
		}
		n := seen[w.Probe] + 1
		if w.Number > 0 {
			n = w.Number
		}
		seen[w.Probe] = max(seen[w.Probe], n)
		summary := baseline.Summarise(w)
		summary.Suite, summary.Spec, summary.Number = spec.Suite, spec.Text, n
		all[summary.Key()] = summary
	}
}
