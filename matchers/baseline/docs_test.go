package baseline

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// What README and docs/gate.md say of numbers must be what the code has.
func TestTheDocumentsHaveTheNumbersOfTheCode(t *testing.T) {
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(string(data)), " ")
	}
	readme, page := read("../../README.md"), read("../../docs/gate.md")
	limits := DefaultLimits()
	looks := stats.PairLooks(12, 0.01)
	margin := func(n MetricName) string { return units.Chosen(limits[n].Margin) }
	floor := func(n MetricName) string {
		return strings.Replace(time.Duration(limits[n].Floor*float64(time.Second)).String(), "ms", " ms", 1)
	}
	var builds []string
	for _, span := range spans {
		builds = append(builds, fmt.Sprint(span-1))
	}
	last := len(builds) - 1
	for text, words := range map[string][]string{
		readme: {
			fmt.Sprintf("p50 %s and %s, p90 %s and %s, p99 %s and %s, error rate 0.5 points and %g requests, throughput %s", margin(P50), floor(P50),
				margin(P90), floor(P90), margin(P99), floor(P99), limits[ErrorRate].Floor, margin(Throughput)),
			fmt.Sprintf("history of %d runs", Kept),
		},
		page: {
			fmt.Sprintf("| 0.5 points | %g requests of a window |", limits[ErrorRate].Floor),
			fmt.Sprintf("| p50 | %s | %s |", margin(P50), floor(P50)),
			fmt.Sprintf("| %s | %s | | p99", margin(P90), floor(P90)),
			fmt.Sprintf("| %s | %s | | throughput | %s | |", margin(P99), floor(P99), margin(Throughput)),
			fmt.Sprintf("newest %d runs, and the newest %d references", Kept, References),
			fmt.Sprintf("more than %g times slower than usual", mostSlower),
			fmt.Sprintf("It looks after %d pairs and after %d, with half of `--alpha` each (%d pairs reach 2^-%d = %s)",
				looks[0], looks[1], looks[0], looks[0], units.Chosen(math.Round(stats.ReachablePairP(looks[0])*1e4)/1e4)),
			"together with the last " + strings.Join(builds[:last], ", ") + " and " + builds[last] + " runs",
		},
	} {
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("the page does not say %q", w)
			}
		}
	}
	if limits[ErrorRate].Margin != 0.005 || stats.FewestForOne != 10 || !strings.Contains(readme, "From the tenth run on") {
		t.Error("the error rate's margin, or the number of runs that one build needs, is another one")
	}
}
