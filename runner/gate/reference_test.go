package gate

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// paired is a record of so many pairs of runs. The p50 of this build is so many times that
// of the reference, and what the machine does to both grows from pair to pair.
func paired(pairs int, slower float64, change ...func(pair int, reference, candidate *Run)) *Record {
	random := rand.New(rand.NewPCG(51, 52))
	r := &Record{
		Policy: policy, Environment: here,
		Reference: &Reference{Ref: "origin/main", Commit: "0123456789abcdef", MostPairs: 12, Runs: []Run{}},
	}
	run := func(n int, p50 float64) Run {
		start := time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC)
		p := record.Float(p50 * math.Exp(.01*random.NormFloat64()))
		return Run{Started: start, Specs: []Spec{{
			Suite: "shop", Text: "sells", Node: "It", State: "passed", Started: start, Ended: start.Add(time.Minute),
			Windows: []record.Window{{Probe: "GET /", Number: 1, Start: start, End: start.Add(5 * time.Second), Count: 500, P50: p, P90: 2 * p, P99: 3 * p}},
		}}}
	}
	for n := range pairs {
		machine := .1 * math.Exp(.03*float64(n))
		reference, candidate := run(2*n, machine), run(2*n+1, machine*slower)
		for _, c := range change {
			c(n, &reference, &candidate)
		}
		r.Reference.Runs, r.Runs = append(r.Reference.Runs, reference), append(r.Runs, candidate)
	}
	return r
}

// decidePaired decides as the command does.
func decidePaired(t *testing.T, r *Record) {
	t.Helper()
	JudgeSpecs(r.Runs)
	JudgeSpecs(r.Reference.Runs)
	var err error
	if r.Baseline, err = r.ComparePairs(); err != nil {
		t.Fatal(err)
	}
	r.Decide()
}

func TestComparePairs(t *testing.T) {
	fail := func(run *Run) { run.Specs[0].State, run.Specs[0].Message = "failed", "no stock" }
	last := func(n, of int, change func()) {
		if n == of-1 {
			change()
		}
	}
	noisy := func(n int, _, candidate *Run) {
		w := &candidate.Specs[0].Windows[0]
		w.P50 *= record.Float([]float64{1.3, .8}[n%2])
		w.P90, w.P99 = 2*w.P50, 3*w.P50
	}
	other := func(run *Run, text string) {
		spec := run.Specs[0]
		spec.Text = text
		run.Specs = append(run.Specs, spec)
	}
	for name, c := range map[string]struct {
		record *Record
		want   Verdict
		words  []string
	}{
		"worse": {paired(8, 1.5), Regression, []string{
			"worse than the reference origin/main (0123456): p50 of GET /: ", "ms, in the reference ", " in 8 pairs (p = 0.0", "; 5 metrics in 8 pairs, at most 1 % false alarms over all metrics and looks",
		}},
		"the same": {paired(8, 1), Pass, []string{
			"8 specs passed with 0 injections in 8 runs; no metric is shown to be worse than the reference origin/main (0123456) beyond its limit, and worse than this is ruled out with 95 % confidence each: error rate +0.", "p50 +", "; 5 metrics in 8 pairs",
		}},
		"not decided at the first look": {paired(8, 1, noisy), Inconclusive, []string{"inconclusive against the reference origin/main (0123456): no metric is shown to be worse than", ", and up to 4 pairs are missing: much worse is not ruled out yet"}},
		"a budget that ended early": {func() *Record {
			r := paired(3, 1.5)
			r.Reference.Ended = "the budget was spent"
			return r
		}(), Inconclusive, []string{"inconclusive against the reference origin/main (0123456): there are 3 of at least 8 pairs, so 5 pairs are missing: the budget was spent"}},
		"both fail": {paired(1, 1, func(_ int, reference, candidate *Run) { fail(reference); fail(candidate) }), Regression, []string{
			`"sells": no stock; the reference fails it too; the metrics were not compared with the reference`,
		}},
		"this build fails": {paired(2, 1, func(n int, _, candidate *Run) { last(n, 2, func() { fail(candidate) }) }), Regression, []string{
			`"sells" (run 2 of 2): no stock; the reference passes it; the metrics were not compared`,
		}},
		"the reference fails once": {paired(12, 1, func(n int, reference, _ *Run) { last(n, 5, func() { fail(reference) }) }), Pass, []string{
			"5 metrics in 11 pairs", `; the reference fails, and this build does not, "sells"`,
		}},
		"the reference fails always": {paired(1, 1, func(_ int, reference, _ *Run) { fail(reference) }), Inconclusive, []string{
			`no passed spec of both sides has a window, so there is nothing to compare: see the logs of both; the reference fails, and this build does not, "sells"`,
		}},
		"a new spec, and one that is gone": {paired(8, 1, func(_ int, reference, candidate *Run) { other(candidate, "is new"); other(reference, "was") }), Pass, []string{
			`; only the reference ran "was"; only this build ran "is new"`,
		}},
		"a window that the spec does not measure any more": {paired(12, 1, func(_ int, reference, _ *Run) {
			w := reference.Specs[0].Windows[0]
			w.Number = 2
			reference.Specs[0].Windows = append(reference.Specs[0].Windows, w)
		}), Inconclusive, []string{`1 window of the reference did not come: window 2 of GET / in "sells" of the suite shop: measure it, or rename the spec where it is gone on purpose; the others are not shown to be worse`}},
		"a window that is new": {paired(8, 1, func(_ int, _, candidate *Run) {
			w := candidate.Specs[0].Windows[0]
			w.Number = 2
			candidate.Specs[0].Windows = append(candidate.Specs[0].Windows, w)
		}), Pass, []string{`; 1 window is new, and not compared: window 2 of GET /`}},
		"an interrupt": {paired(1, 1, func(_ int, reference, _ *Run) {
			reference.Interrupted, reference.Troubles = true, []string{"interrupted by a signal"}
		}), ToolFailure, []string{"the comparison with the reference origin/main (0123456) was ended: interrupted by a signal"}},
		"trouble of the reference": {paired(8, 1, func(n int, reference, _ *Run) { last(n, 8, func() { reference.Troubles = []string{"no\nreport"} }) }), Pass, []string{"; 1 trouble of the reference: no report"}},
		"an image that nothing uses": {func() *Record {
			r := paired(8, 1)
			r.Reference.Images = []record.Replacement{{Image: "shop", By: "1"}, {Image: "cart", By: "2"}}
			r.Reference.Runs[0].Replaced = r.Reference.Images[:1]
			return r
		}(), ToolFailure, []string{"nothing was compared with --against cart=2: no container was started from cart"}},
		"an image": {func() *Record {
			r := paired(8, 1)
			r.Reference.Ref, r.Reference.Commit = "", ""
			r.Reference.Images = []record.Replacement{{Image: "shop", By: "1"}}
			r.Reference.Runs[0].Replaced = r.Reference.Images
			return r
		}(), Pass, []string{"worse than the reference with shop=1 beyond its limit"}},
	} {
		decidePaired(t, c.record)
		if c.record.Verdict != c.want {
			t.Errorf("%s: %s, want %s: %s", name, c.record.Verdict, c.want, c.record.Words)
		}
		for _, w := range c.words {
			if !strings.Contains(c.record.Words, w) {
				t.Errorf("%s: %s\nwant %s", name, c.record.Words, w)
			}
		}
		// Judged again from the file, it says the same.
		words := c.record.Words
		data, err := json.Marshal(c.record)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(bytes.Replace(data, []byte(`"schema":0`), []byte(`"schema":1`), 1))
		if err != nil {
			t.Fatal(err)
		}
		decidePaired(t, &again)
		if again.Verdict != c.want || again.Words != words {
			t.Errorf("%s, judged again: %s: %s\nwas: %s", name, again.Verdict, again.Words, words)
		}
	}
}
