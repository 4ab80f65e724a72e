package gate

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// JudgeSpecs fills in the finding of every spec.
func JudgeSpecs(runs []Run) {
	for r := range runs {
		for s := range runs[r].Specs {
			runs[r].Specs[s].Finding = JudgeSpec(runs[r].Specs[s])
		}
	}
}

// Verdict is what speaks for the specs and troubles of this run alone. A run in
// which no spec ran is a tool failure.
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
	return Overall(all...)
}

// Decide sets the verdict of the whole record, and says it in words: what
// caught it and how sure that is, what else caught it, and all that it outweighs.
func (r *Record) Decide() {
	verdicts := []Verdict{}
	for _, run := range r.Runs {
		verdicts = append(verdicts, run.Verdict())
	}
	if r.Baseline.Verdict != "" {
		verdicts = append(verdicts, r.Baseline.Verdict)
	}
	r.Verdict = Overall(verdicts...)
	said := r.says()
	words := inFull(said[r.Verdict])
	if r.Verdict == Pass {
		words = []string{r.passed()}
	}
	if len(words) == 0 {
		words = []string{"no spec ran: name packages with Ginkgo suites, and check the filters"}
	}
	for _, v := range precedence {
		if n := len(said[v]); v != r.Verdict && v != Pass && n > 0 {
			words = append(words, fmt.Sprintf("besides %s: %s", times(n, v), said[v][0]))
		}
	}
	if b := r.Baseline; b.Words != "" && (b.Verdict == "" || b.Verdict == Pass) {
		words = append(words, b.Words)
	}
	r.Words = strings.Join(words, "; ")
}

// statement is who says something, a spec or nobody, and what.
type statement struct{ who, what string }

// String says both.
func (s statement) String() string {
	if s.who == "" {
		return s.what
	}
	return s.who + ": " + s.what
}

// inFull says the first statement, names the specs of two more, and counts the rest.
func inFull(all []statement) []string {
	const named = 3
	var words []string
	for n, s := range all {
		switch {
		case n == named:
			return append(words, fmt.Sprintf("and %d more", len(all)-named))
		case n == 0 || s.who == "":
			words = append(words, s.String())
		default:
			words = append(words, "also "+s.who)
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

// says gathers the statements for each verdict: of the specs in their order, of
// what kept suites from running, and of the baseline.
func (r *Record) says() map[Verdict][]statement {
	said := map[Verdict][]statement{}
	for n, run := range r.Runs {
		which := ""
		if len(r.Runs) > 1 {
			which = fmt.Sprintf(" (run %d of %d)", n+1, len(r.Runs))
		}
		for _, s := range run.Specs {
			if v := s.Finding.Verdict; v != "" && v != Pass {
				said[v] = append(said[v], statement{fmt.Sprintf("%q%s%s", s.Text, under(s), which), s.Finding.Reason})
			}
		}
		for _, t := range run.Troubles {
			said[ToolFailure] = append(said[ToolFailure], statement{what: oneLine(t) + which})
		}
	}
	if v := r.Baseline.Verdict; v == Regression || v == Inconclusive {
		said[v] = append(said[v], statement{what: r.Baseline.Words})
	}
	return said
}

// under names the faults of a spec.
func under(s Spec) string {
	if e := s.Experiment(); e != "" {
		return " under " + e
	}
	return ""
}

// Experiment says what was injected, in the order of injection, each once.
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
	specs, experiments := 0, 0
	for _, run := range r.Runs {
		for _, s := range run.Specs {
			if s.Finding.Verdict == Pass && s.Node == "It" {
				specs++
				experiments += len(s.Injections)
			}
		}
	}
	words := fmt.Sprintf("%s passed with %s", units.Plural(specs, "spec"), units.Plural(experiments, "injection"))
	if n := len(r.Runs); n > 1 {
		words += fmt.Sprintf(" in %d runs", n)
	}
	return words
}
