package gate

import (
	"strings"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestDecide(t *testing.T) {
	spec := func(text string, v Verdict, reason string) Spec {
		return Spec{Text: text, Node: "It", Finding: Finding{Verdict: v, Reason: reason}}
	}
	under := spec("sells", Regression, "12 of 100 failed")
	under.Injections = append(delay(record.Evidence{}), delay(record.Evidence{})...)
	passed := spec("sells", Pass, "")
	passed.Injections = delay(record.Evidence{})
	worse := Comparison{Verdict: Regression, Words: "worse than the baseline"}
	for name, c := range map[string]struct {
		record Record
		want   Verdict
		words  string
	}{
		"passed": {Record{Runs: []Run{{Specs: []Spec{passed}}}}, Pass, "1 spec passed with 1 injection"},
		"passed twice, and nothing was compared": {
			Record{Runs: []Run{{Specs: []Spec{passed}}, {Specs: []Spec{passed}}}, Baseline: Comparison{Words: "no baseline"}},
			Pass, "2 specs passed with 2 injections in 2 runs; no baseline",
		},
		"a spec caught it": {Record{Runs: []Run{{Specs: []Spec{under}}}}, Regression, `"sells" under delay 300ms on db: 12 of 100 failed`},
		"all kinds at once": {
			Record{Runs: []Run{{Specs: []Spec{spec("t", ToolFailure, "no agent"), spec("g", StoppedByGuard, "too bad"), under, spec("i", Inconclusive, "few"), spec("j", Inconclusive, "few too")}, Troubles: []string{"no\nreport"}}}},
			Regression, `"sells" under delay 300ms on db: 12 of 100 failed; also stopped by guard: "g": too bad; also tool failure 2 times: "t": no agent; also inconclusive 2 times: "i": few`,
		},
		"trouble with a suite":                         {Record{Runs: []Run{{Specs: []Spec{passed}, Troubles: []string{"no\nreport"}}}}, ToolFailure, "no report"},
		"the baseline caught it":                       {Record{Runs: []Run{{Specs: []Spec{passed}}}, Baseline: worse}, Regression, "worse than the baseline"},
		"the baseline and a spec caught it":            {Record{Runs: []Run{{Specs: []Spec{under}}}, Baseline: worse}, Regression, `failed; worse than the baseline`},
		"a failure, and too few runs for the baseline": {Record{Runs: []Run{{Specs: []Spec{under}}}, Baseline: Comparison{Verdict: Inconclusive, Words: "too few"}}, Regression, "failed; also inconclusive: too few"},
		"a pass, and too few runs for the baseline":    {Record{Runs: []Run{{Specs: []Spec{passed}}}, Baseline: Comparison{Verdict: Inconclusive, Words: "too few"}}, Inconclusive, "too few"},
		"in the second run":                            {Record{Runs: []Run{{Specs: []Spec{passed}}, {Specs: []Spec{under}}}}, Regression, `"sells" under delay 300ms on db (run 2 of 2): 12 of 100 failed`},
		"only skipped":                                 {Record{Runs: []Run{{Specs: []Spec{spec("s", "", "")}}}}, ToolFailure, "no spec ran: name packages with Ginkgo suites, and check the filters"},
		"no runs":                                      {Record{}, ToolFailure, "no spec ran: name packages with Ginkgo suites, and check the filters"},
		"more reasons than one line should list":       {Record{Runs: []Run{{Specs: []Spec{under, under, under, under, under}}}}, Regression, `12 of 100 failed; also "sells" under delay 300ms on db; also "sells" under delay 300ms on db; and 2 more`},
	} {
		t.Run(name, func(t *testing.T) {
			c.record.Decide()
			if c.record.Verdict != c.want || !strings.HasSuffix(c.record.Words, c.words) || strings.Contains(c.record.Words, "\n") {
				t.Errorf("%q: %s\nwant %q: %s", c.record.Verdict, c.record.Words, c.want, c.words)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                     "read record of the run",
		`{}`:                    "schema 0",
		`{"schema":2}`:          "schema 2, this version reads 1 to 1: use the chaosgate version that wrote it",
		`{"schema":1,"runs":7}`: "read record of the run",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		Seconds(.0000123): "12µs", Seconds(.0123456): "12.3ms", Seconds(1.23456): "1.23s",
		oneLine(" a\n\tb "): "a b", oneLine(strings.Repeat("ä", 301)): strings.Repeat("ä", 299) + "…",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
