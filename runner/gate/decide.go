package gate

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// JudgeSpecs sets the finding of every spec.
func JudgeSpecs(runs []Run) {
	for r := range runs {
		for s := range runs[r].Specs {
			spec := &runs[r].Specs[s]
			spec.Finding = JudgeSpec(*spec)
			if v := spec.Finding.Verdict; v != Pass && v != "" {
				spec.Finding.Logs = telling(*spec)
			}
		}
	}
}

// Verdict is the verdict on this run alone: on its specs and its troubles. A run
// without any spec is a tool failure.
func (r Run) Verdict() Verdict {
	var all []Verdict
	for range r.Troubles {
		all = append(all, ToolFailure)
	}
	for _, s := range r.Specs {
		if s.Finding.Verdict != "" {
			all = append(all, s.Finding.Verdict)
		}
	}
	return overall(all...)
}

// Decide sets the verdict of the whole record and its words. They name what decided
// the verdict and how certain that is, and then everything that it outweighs.
func (r *Record) Decide() {
	verdicts := []Verdict{}
	for _, run := range r.Runs {
		verdicts = append(verdicts, run.Verdict())
	}
	if r.Baseline.Verdict != "" {
		verdicts = append(verdicts, r.Baseline.Verdict)
	}
	r.Verdict = overall(verdicts...)
	reasons := r.reasons()
	words := inFull(reasons[r.Verdict])
	if r.Verdict == Pass {
		words = []string{r.passed()}
	}
	if len(words) == 0 {
		words = []string{"no spec ran: name packages with Ginkgo suites, and check the filters"}
	}
	for _, v := range precedence {
		if n := len(reasons[v]); v != r.Verdict && v != Pass && n > 0 {
			words = append(words, fmt.Sprintf("also %s: %s", times(n, v), reasons[v][0]))
		}
	}
	if b := r.Baseline; b.Words != "" && (b.Verdict == "" || b.Verdict == Pass) {
		words = append(words, b.Words)
	}
	r.Words = strings.Join(words, "; ")
}

// reason is one reason for a verdict. spec is empty if the reason is not a spec's. log is
// what a service concerned has written.
type reason struct{ spec, text, log string }

// String is the reason after the name of its spec.
func (r reason) String() string {
	if r.spec == "" {
		return r.text
	}
	return r.spec + ": " + r.text
}

// inFull gives the first reason in full, with a line of a log, names the specs of two more, and counts the rest.
func inFull(all []reason) []string {
	const named = 3
	var words []string
	for n, r := range all {
		switch {
		case n == named:
			return append(words, fmt.Sprintf("and %d more", len(all)-named))
		case n == 0 || r.spec == "":
			words = append(words, r.String())
			if n == 0 && r.log != "" {
				words = append(words, r.log)
			}
		default:
			words = append(words, "also "+r.spec)
		}
	}
	return words
}

func times(n int, v Verdict) string {
	if n == 1 {
		return string(v)
	}
	return fmt.Sprintf("%s %d times", v, n)
}

// reasons gathers the reasons for each verdict: those of the specs in their order, then
// the troubles of the runs, then the baseline.
func (r *Record) reasons() map[Verdict][]reason {
	all := map[Verdict][]reason{}
	for n, run := range r.Runs {
		which := ""
		if len(r.Runs) > 1 {
			which = fmt.Sprintf(" (run %d of %d)", n+1, len(r.Runs))
		}
		for _, s := range run.Specs {
			if v := s.Finding.Verdict; v != "" && v != Pass {
				because := reason{spec: fmt.Sprintf("%q%s%s", s.Text, under(s), which), text: s.Finding.Reason}
				if logs := s.Finding.Logs; len(logs) > 0 {
					because.log = logs[0]
				}
				all[v] = append(all[v], because)
			}
		}
		for _, t := range run.Troubles {
			all[ToolFailure] = append(all[ToolFailure], reason{text: oneLine(t) + which})
		}
	}
	if v := r.Baseline.Verdict; v != "" && v != Pass {
		all[v] = append(all[v], reason{text: r.Baseline.Words})
	}
	return all
}

// under names the faults of a spec.
func under(s Spec) string {
	if e := s.Experiment(); e != "" {
		return " under " + e
	}
	return ""
}

// Experiment lists what was injected, in the order of injection, without repetitions:
// "delay 300ms on db + pause on shop".
func (s Spec) Experiment() string {
	var all []string
	seen := map[string]bool{}
	for _, i := range s.Injections {
		if text := i.String(); !seen[text] {
			seen[text] = true
			all = append(all, text)
		}
	}
	return strings.Join(all, " + ")
}

func (r *Record) passed() string {
	specs, injections := 0, 0
	for _, run := range r.Runs {
		counted := map[string]bool{}
		for _, s := range run.Specs {
			if s.Finding.Verdict != Pass {
				continue
			}
			if s.isSpec() {
				specs++
			}
			for _, i := range s.Injections {
				if i.ID == "" || !counted[i.ID] {
					counted[i.ID] = true
					injections++
				}
			}
		}
	}
	words := fmt.Sprintf("%s passed with %s", units.Plural(specs, "spec"), units.Plural(injections, "injection"))
	if n := len(r.Runs); n > 1 {
		words += fmt.Sprintf(" in %d runs", n)
	}
	return words
}
