package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// sides are what the specs did on both sides of a paired comparison.
type sides struct{ reference, candidate side }

// side is what the specs did in the runs of one side.
type side struct {
	runs           int
	passed, failed map[specKey]bool
	troubles       []string
}

func (r *Record) sides() sides {
	return sides{sideOf(r.Reference.Runs), sideOf(r.Runs)}
}

func sideOf(runs []Run) side {
	s := side{runs: len(runs), passed: map[specKey]bool{}, failed: map[specKey]bool{}}
	for _, run := range runs {
		s.troubles = append(s.troubles, run.Troubles...)
		for _, spec := range run.Specs {
			if !spec.isSpec() {
				if spec.Finding.Verdict != Pass {
					s.troubles = append(s.troubles, spec.Name()+": "+spec.Finding.Reason)
				}
				continue
			}
			switch spec.Finding.Verdict {
			case "":
			case Pass:
				s.passed[spec.key()] = true
			default:
				s.failed[spec.key()] = true
			}
		}
	}
	return s
}

// ran reports whether the side ran the spec.
func (s side) ran(key specKey) bool { return s.passed[key] || s.failed[key] }

// words say in which specs the sides differ, apart from their metrics.
func (s sides) words() []string {
	if s.reference.runs == 0 || s.candidate.runs == 0 {
		return nil
	}
	var all []string
	say := func(words string, keys map[specKey]bool, which func(specKey) bool) {
		var names []string
		for key := range keys {
			if which(key) {
				names = append(names, fmt.Sprintf("%q", key.text))
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			all = append(all, words+" "+shortList(names))
		}
	}
	say("the reference fails, and this build does not,", s.reference.failed, func(k specKey) bool { return s.candidate.ran(k) && !s.candidate.failed[k] })
	ofReference, ofCandidate := maps.Clone(s.reference.passed), maps.Clone(s.candidate.passed)
	maps.Copy(ofReference, s.reference.failed)
	maps.Copy(ofCandidate, s.candidate.failed)
	say("only the reference ran", ofReference, func(k specKey) bool { return !s.candidate.ran(k) })
	say("only this build ran", ofCandidate, func(k specKey) bool { return !s.reference.ran(k) })
	if n := len(s.reference.troubles); n > 0 {
		all = append(all, fmt.Sprintf("%s of the reference: %s", units.Plural(n, "trouble"), oneLine(s.reference.troubles[0])))
	}
	return all
}

// shortList names the first few, and the number of the others.
func shortList(names []string) string {
	const named = 3
	if more := len(names) - named; more > 0 {
		names = append(slices.Clone(names[:named]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// annotate adds to the finding of each failed spec what the reference did with it.
func (s sides) annotate(runs []Run) {
	for _, run := range runs {
		for n := range run.Specs {
			spec := &run.Specs[n]
			if v := spec.Finding.Verdict; v == "" || v == Pass || !spec.isSpec() {
				continue
			}
			switch key := spec.key(); {
			case s.reference.failed[key]:
				spec.Finding.Reason += "; the reference fails it too"
			case s.reference.passed[key]:
				spec.Finding.Reason += "; the reference passes it"
			}
		}
	}
}
