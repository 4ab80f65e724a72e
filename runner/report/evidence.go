package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Evidence lists what the records of a spec hold, one line each: what was injected and
// what it touched, what was measured and judged, what else was found, and what the services
// concerned wrote if the spec failed.
func Evidence(b gate.Comparison, s gate.Spec) []string {
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
	lines = slices.Concat(lines, unjudged(b, s), s.Finding.Also)
	for _, log := range s.Logs {
		lines = append(lines, log.Texts()...)
	}
	return lines
}

// mostUnjudged bounds how many windows without a judgement are named.
const mostUnjudged = 3

// unjudged names the windows without a judgement, which were not compared with the baseline
// either. What they hold then shows in no verdict, unless the spec looks at their numbers
// itself. Those with the most errors come first.
func unjudged(b gate.Comparison, s gate.Spec) []string {
	last := map[string]record.Window{} // of the last attempt at the spec
	var order []string
	numbers := map[string]int{}
	for _, w := range s.Windows {
		if numbers[w.Probe]++; w.Number == 0 {
			w.Number = numbers[w.Probe]
		}
		key := fmt.Sprint(w.Number, " of ", w.Probe)
		if _, again := last[key]; !again {
			order = append(order, key)
		}
		last[key] = w
	}
	var all []record.Window
	for _, key := range order {
		w := last[key]
		compared := slices.ContainsFunc(b.Metrics, func(m gate.Metric) bool {
			return m.Suite == s.Suite && m.Spec == s.Text && m.Probe == w.Probe && m.Number == w.Number
		})
		if len(w.Judgements) == 0 && !w.Control && !compared {
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b record.Window) int { return b.Errors - a.Errors })
	var lines []string
	for n, w := range all {
		if n == mostUnjudged {
			return append(lines, fmt.Sprintf("%s without a judgement", units.Plural(len(all)-n, "more window")))
		}
		lines = append(lines, fmt.Sprintf("window %d of %s: %s of %d, without a judgement", w.Number, w.Probe, units.Plural(w.Errors, "error"), w.Count))
	}
	return lines
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
