package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Reference is the other side of a paired comparison. Its run n and the run n of the record
// are a pair, which ran one after the other.
type Reference struct {
	// Ref is the revision whose suites ran, as a person named it, and Commit is what it was.
	// They are empty if the suites are those of the working tree.
	Ref    string `json:"ref,omitempty"`
	Commit string `json:"commit,omitempty"`
	// Images are the images that were replaced on this side.
	Images []record.Replacement `json:"images,omitempty"`
	// MostPairs is how many pairs there may be.
	MostPairs int `json:"mostPairs"`
	// Ended says why there are no more pairs, if not because it was decided.
	Ended string `json:"ended,omitempty"`
	Runs  []Run  `json:"runs"`
}

// String names the reference: "origin/main (3f2a9c1) with acme/shop=1.4".
func (r Reference) String() string {
	var words []string
	if r.Ref != "" {
		const short = 7
		words = append(words, fmt.Sprintf("%s (%s)", r.Ref, r.Commit[:min(short, len(r.Commit))]))
	}
	for _, i := range r.Images {
		words = append(words, "with "+i.String())
	}
	return strings.Join(words, " ")
}

// Unused are the images that no container of the reference's runs was to have.
func (r Reference) Unused() []record.Replacement {
	return slices.DeleteFunc(slices.Clone(r.Images), func(i record.Replacement) bool {
		return slices.ContainsFunc(r.Runs, func(run Run) bool { return slices.Contains(run.Replaced, i) })
	})
}

// ComparePairs tests whether the runs are worse than the reference's, pair by pair: see
// baseline.ComparePairs. The findings of all specs are set. It says what was compared of
// which specs, and adds to the finding of each failed spec what the reference did.
func (r *Record) ComparePairs() (Comparison, error) {
	ref := r.Reference
	sides := r.sides()
	pairs := r.pairs()
	found, err := baseline.ComparePairs(pairs, baseline.Policy{
		Alpha: r.Policy.Alpha, Limits: r.Policy.Limits, MostPairs: ref.MostPairs,
		// What did not pass here has a verdict of its own, or is said to be missing.
		LeftOut: func(k baseline.Key) bool { return !sides.candidate.passed[specKey{k.Suite, k.Spec}] },
	})
	if err != nil {
		return Comparison{}, fmt.Errorf("compare with the reference: %w", err)
	}
	found.New = slices.DeleteFunc(found.New, func(k baseline.Key) bool { return !sides.reference.passed[specKey{k.Suite, k.Spec}] })
	c := Comparison{Accepted: found.Accepted, Candidates: found.Candidates, Pairs: found.Pairs}
	for _, m := range found.Metrics {
		c.Metrics = append(c.Metrics, metric(m))
	}
	c.decidePairs(found, *r)
	c.Words = strings.Join(append([]string{c.Words}, sides.words()...), "; ")
	sides.annotate(r.Runs)
	return c, nil
}

// Comparable reports whether there is a window that the sides of the first pair have both.
// If there is none, more pairs cannot be compared either.
func (r *Record) Comparable() bool {
	pairs := r.pairs()
	return len(pairs) == 0 || slices.ContainsFunc(pairs[0][0].Windows, func(w baseline.Window) bool {
		return slices.ContainsFunc(pairs[0][1].Windows, func(o baseline.Window) bool { return o.Key() == w.Key() })
	})
}

// PairLooks are after how many pairs the policy looks.
func (r *Record) PairLooks() []int { return stats.PairLooks(r.Reference.MostPairs, r.Policy.Alpha) }

// pairs are the pairs of which both sides ran, the reference first.
func (r *Record) pairs() [][2]baseline.Run {
	var all [][2]baseline.Run
	for n := range min(len(r.Runs), len(r.Reference.Runs)) {
		all = append(all, [2]baseline.Run{Summarise(r.Reference.Runs[n], r.Environment), Summarise(r.Runs[n], r.Environment)})
	}
	return all
}

// inPairs says in how many pairs metrics were compared: "12 pairs", or "5 to 12 pairs".
func inPairs(metrics []baseline.Metric) string {
	if len(metrics) == 0 {
		return units.Plural(0, "pair")
	}
	fewest, most := metrics[0].Pairs, metrics[0].Pairs
	for _, m := range metrics {
		fewest, most = min(fewest, m.Pairs), max(most, m.Pairs)
	}
	if fewest < most {
		return fmt.Sprintf("%d to %d pairs", fewest, most)
	}
	return units.Plural(most, "pair")
}

// decidePairs sets the verdict and its words from what was found.
func (c *Comparison) decidePairs(found baseline.Comparison, r Record) {
	reference := "the reference " + r.Reference.String()
	compared := fmt.Sprintf("%s in %s", units.Plural(len(c.Metrics), "metric"), inPairs(found.Metrics))
	lacks := lacking(found)
	failed := slices.ContainsFunc(r.Runs, func(run Run) bool { return run.Verdict() != Pass })
	ruledOut := fmt.Sprintf("no metric is shown to be worse than %s beyond its limit, and worse than this is ruled out with 95 %% confidence each: %s; %s", reference, found.RulesOut(), compared)
	interrupted := slices.IndexFunc(r.Reference.Runs, func(run Run) bool { return run.Interrupted })
	switch unused := r.Reference.Unused(); {
	case interrupted >= 0:
		c.Verdict = ToolFailure
		c.Words = fmt.Sprintf("the comparison with %s was ended: %s", reference, strings.Join(r.Reference.Runs[interrupted].Troubles, "; "))
		return
	case len(unused) > 0 && len(r.Reference.Runs) > 0:
		c.Verdict = ToolFailure
		c.Words = fmt.Sprintf("nothing was compared with --against %s: no container was started from %s: name an image as the suites give it to Run", unused[0], unused[0].Image)
		return
	case found.Outcome == record.Violated:
		c.Verdict = Regression
		c.Words = fmt.Sprintf("worse than %s: %s; %s, at most %s false alarms over all metrics and looks", reference, several(found.Worse()), compared, units.Chosen(r.Policy.Alpha))
		return
	case found.Outcome == record.Kept:
		c.Verdict = Pass
		c.Words = strings.Join(append([]string{ruledOut}, lacks...), "; ")
		return
	case failed:
		// The runs ended there, and their verdict is not one of the comparison.
		c.Words = fmt.Sprintf("the metrics were not compared with %s, because a run of this build did not pass", reference)
		return
	}
	c.Verdict = Inconclusive
	c.Words = "inconclusive against " + reference
	switch {
	case !r.Comparable():
		c.Words += ": no passed spec of both sides has a window, so there is nothing to compare: see the logs of both"
	case found.Missing != "" && found.MorePairs == 0:
		c.Words += ": " + found.Missing
	case found.Missing != "":
		c.Words += fmt.Sprintf(": %s, so %s missing", found.Missing, units.Plural(found.MorePairs, "pair")+" "+was(found.MorePairs, "is"))
	case found.MorePairs > 0:
		c.Words += fmt.Sprintf(": %s, and up to %s missing: %s", strings.Join(append(lacks, ruledOut), "; "), units.Plural(found.MorePairs, "pair")+" "+was(found.MorePairs, "is"), "much worse is not ruled out yet")
	default:
		c.Words += ": " + strings.Join(lacks, "; ")
		if len(c.Metrics) > 0 {
			c.Words += "; the others are not shown to be worse: " + compared
		}
	}
	if r.Reference.Ended != "" {
		c.Words += ": " + r.Reference.Ended
	}
}
