package matchers_test

import (
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// A wrong actual may be a large one: a window by value, a slice of samples, or the window of
// a fleet for a matcher of a single service.
func TestAWrongActualIsNamedByItsTypeAndNotPrinted(t *testing.T) {
	w := window(10_000, taking(time.Millisecond))
	samples := make([]probe.Sample, 10_000)
	for name, m := range map[string]types.GomegaMatcher{
		"KeepErrorRateBelow": KeepErrorRateBelow(.01), "KeepLatencyBelow": KeepLatencyBelow(time.Second, P99),
		"KeepAvailabilityAbove": KeepAvailabilityAbove(.9), "MatchControl": MatchControl(w), "MatchBaseline": MatchBaseline(baseline.Baseline{}),
		"HaveNoOutliers": HaveNoOutliers(), "HaveOutlier": HaveOutlier("a", Slower), "AgreeOnClock": AgreeOnClock(time.Second),
		"RunTheSameVersion": RunTheSameVersion(), "BeLive": BeLive(), "HaveTakenEffect": HaveTakenEffect(),
		"HaveRecoveredWithin": HaveRecoveredWithin(time.Second, nil),
	} {
		for _, c := range []struct {
			actual any
			want   string
		}{
			{samples, "<[]probe.Sample | len:10000>"},
			{struct{ w *probe.Window }{w}, "<struct { w *probe.Window }>"},
			{nil, "<nil>"},
			{map[string]int{"a": 1}, "<map[string]int | len:1>"},
			{(*strings.Builder)(nil), "<*strings.Builder>: nil"},
		} {
			ok, err := m.Match(c.actual)
			if ok || err == nil {
				t.Errorf("%s: %v, %v", name, ok, err)
				continue
			}
			if text := err.Error(); name != "MatchBaseline" && name != "HaveRecoveredWithin" && !strings.Contains(text, c.want) || len(text) > 400 {
				t.Errorf("%s: got\n%s\nwant %s in it", name, text, c.want)
			}
			for _, text := range []string{m.FailureMessage(c.actual), m.NegatedFailureMessage(c.actual)} {
				if !strings.Contains(text, c.want) || len(text) > 400 {
					t.Errorf("%s: got the message\n%s\nwant %s in it", name, text, c.want)
				}
			}
		}
	}
}
