package report

import (
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// Evidence is what a spec's records say, a line each: what was injected and
// what it touched, what was measured, what was judged, and what else was found.
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
	}
	for _, w := range s.Windows {
		lines = append(lines, fmt.Sprintf("measured %s: %s, %s, p50 %s, p90 %s, p99 %s", w.Probe,
			gate.Plural(w.Count, "sample"), gate.Plural(w.Errors, "error"),
			gate.Seconds(float64(w.P50)), gate.Seconds(float64(w.P90)), gate.Seconds(float64(w.P99))))
		for _, j := range w.Judgements {
			lines = append(lines, fmt.Sprintf("  %s: %s: %s", j.Matcher, j.Outcome, j.Text))
		}
	}
	for _, f := range s.Failures {
		lines = append(lines, "failure of the "+string(f.Cause)+": "+f.Text)
	}
	return append(lines, s.Finding.Also...)
}

func touched(i record.Injection) string {
	said := []string{i.Evidence.Summary}
	switch {
	case i.Evidence.TargetDied:
		said = append(said, "the target died under it")
	case i.Evidence.LeaseLapsed:
		said = append(said, "it ended by itself before it was reverted")
	case !i.Reverted:
		said = append(said, "it was not reverted when this was written")
	}
	if i.Error != "" {
		said = append(said, i.Error)
	}
	return strings.Join(said, "; ")
}
