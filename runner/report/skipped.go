package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// noReason is for specs that a filter has left out.
const noReason = "without a reason"

// mostReasons bounds how many reasons for skipped specs are named.
const mostReasons = 4

// skipped counts the specs of the first run that did not run, by their reasons, the most
// frequent first. It is empty if all ran. Those of later runs are the same.
func skipped(runs []gate.Run) string {
	if len(runs) == 0 {
		return ""
	}
	type reason struct {
		text string
		n    int
	}
	var all []reason
	total := 0
	for _, s := range runs[0].Specs {
		if s.Finding.Verdict != "" {
			continue
		}
		total++
		text := cmp.Or(strings.Join(strings.Fields(plain(s.Finding.Reason)), " "), noReason)
		if s.State == "pending" {
			text = s.State
		}
		at := slices.IndexFunc(all, func(r reason) bool { return r.text == text })
		if at < 0 {
			at, all = len(all), append(all, reason{text: text})
		}
		all[at].n++
	}
	if total == 0 {
		return ""
	}
	slices.SortStableFunc(all, func(a, b reason) int { return b.n - a.n })
	var words []string
	rest := total
	for _, r := range all[:min(len(all), mostReasons)] {
		words = append(words, fmt.Sprintf("%d %s", r.n, r.text))
		rest -= r.n
	}
	if rest > 0 {
		words = append(words, fmt.Sprintf("%d for other reasons", rest))
	}
	text := fmt.Sprintf("%s skipped", units.Plural(total, "spec"))
	if len(all) == 1 && all[0].text == noReason {
		return text
	}
	return text + ": " + strings.Join(words, ", ")
}
