package gate

import (
	"maps"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// specKey identifies a spec across runs: in the baseline it has no other name.
type specKey struct{ suite, text string }

// isSpec is false for a node outside specs. What such nodes measure is not compared,
// because every parallel process has its own.
func (s Spec) isSpec() bool { return s.Node == "It" || s.Node == "" }

func (s Spec) key() specKey { return specKey{s.Suite, s.Text} }

// SharedNames lists the names that several specs of the run share, if any of them has
// windows. Such specs may run in any order, and may fail before they measure anything, so
// the windows of one cannot be told from those of another.
func SharedNames(run Run) []string {
	shared := sharedKeys(run)
	var names []string
	for _, spec := range run.Specs {
		if shared[spec.key()] {
			names = append(names, spec.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func sharedKeys(run Run) map[specKey]bool {
	specs, windows := map[specKey]int{}, map[specKey]int{}
	for _, spec := range run.Specs {
		if !spec.isSpec() {
			continue
		}
		specs[spec.key()]++
		windows[spec.key()] += len(spec.Windows)
	}
	shared := map[specKey]bool{}
	for key, n := range specs {
		shared[key] = n > 1 && windows[key] > 0
	}
	return shared
}

// Summarise gathers the metrics of the run's passed specs, in a stable order. It leaves out
// the specs of SharedNames.
func Summarise(run Run, environment baseline.Environment) baseline.Run {
	s := baseline.Run{Started: run.Started.UTC().Truncate(time.Millisecond), Environment: environment, Speed: run.Speed, Windows: []baseline.Window{}}
	all, shared := map[baseline.Key]baseline.Window{}, sharedKeys(run)
	for _, spec := range run.Specs {
		if spec.isSpec() && spec.Finding.Verdict == Pass && !shared[spec.key()] {
			number(all, spec)
		}
	}
	s.Windows = slices.AppendSeq(s.Windows, maps.Values(all))
	slices.SortFunc(s.Windows, func(a, b baseline.Window) int { return a.Key().Compare(b.Key()) })
	return s
}

// number adds the spec's windows under their numbers, or in their order if they have none.
// A number that comes again belongs to a later attempt at the spec, and replaces the
// earlier one: the last attempt is the one that passed.
func number(all map[baseline.Key]baseline.Window, spec Spec) {
	seen := map[string]int{}
	for _, w := range spec.Windows {
		if w.Count == 0 || spec.carried(w) {
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
