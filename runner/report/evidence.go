package report

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Evidence lists what the records of a spec hold, one line each: what was injected and
// what it touched, what was measured and judged, and what else was found.
func Evidence(s gate.Spec) []string {
	var lines []string
	for _, i := range s.Injections {
		lines = append(lines, "injected "+i.String()+": "+touched(i))
		if path := i.Attestation.Path; path != "" {
			lines = append(lines, "  by "+path+": "+strings.Join(i.Attestation.Readback, "; "))
		}
		if seed := i.Attestation.Seed; seed != 0 {
			lines = append(lines, fmt.Sprintf("  seed %d", seed))
		}
		lines = append(lines, judged(i.Judgements)...)
	}
	for _, w := range s.Windows {
		lines = append(lines, fmt.Sprintf("measured %s: %s, %s, healthy answers: p50 %s, p90 %s, p99 %s", w.Probe,
			units.Plural(w.Count, "sample"), units.Plural(w.Errors, "error"),
			gate.Seconds(float64(w.P50)), gate.Seconds(float64(w.P90)), gate.Seconds(float64(w.P99))))
		lines = append(lines, judged(w.Judgements)...)
	}
	for _, samples := range s.Samples {
		lines = append(lines, "sampled "+samples.Probe)
		lines = append(lines, judged(samples.Judgements)...)
	}
	for _, f := range s.Failures {
		lines = append(lines, "failure of the "+string(f.Cause)+": "+f.Text)
	}
	return append(lines, s.Finding.Also...)
}

// judged lists what matchers found, one line each.
func judged(all []record.Judgement) []string {
	lines := make([]string, len(all))
	for n, j := range all {
		part := ""
		if j.Part != nil {
			part = fmt.Sprintf(" (from %s to %s)", gate.Seconds(j.Part.From.Seconds()), gate.Seconds(j.Part.To.Seconds()))
		}
		outcome := string(j.Outcome)
		if j.Outcome == record.ToolFailed {
			outcome = "tool failure"
		}
		lines[n] = fmt.Sprintf("  %s: %s: %s%s", j.Matcher, outcome, j.Text, part)
	}
	return lines
}

// touched describes what an injection touched. If that does not prove that the fault took
// effect, it also says what it proves.
func touched(i record.Injection) string {
	words := []string{i.Evidence.Summary}
	proof, _ := i.Proof()
	switch {
	case !i.Reverted && (proof == record.Proven || proof == record.TouchedNothing):
		words = append(words, "it was not reverted when this was written")
	case proof == record.Spoilt:
		words = append(words, i.Evidence.Spoilt)
	case proof != record.Proven:
		words = append(words, string(proof))
	}
	if i.Error != "" {
		words = append(words, i.Error)
	}
	return strings.Join(words, "; ")
}
