package matchers

import (
	"fmt"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// KeepErrorRateBelow succeeds when the samples of a *probe.Window show that the
// service keeps its error rate at or below limit, a share above 0 and below 1:
//
//	Expect(sold).To(KeepErrorRateBelow(1 * Percent))
//
// The window keeps the limit when the observed rate is within it and a rate of five times
// the limit is ruled out. For a limit of 1 % that takes 65 samples without an error. The
// window violates the limit when it shows a rate above it. Otherwise it is undecided. Proved
// asks for more. Errors that come in bursts count less, as the package page says.
func KeepErrorRateBelow(limit float64, options ...ObjectiveOption) types.GomegaMatcher {
	o := objective{
		matcher: "KeepErrorRateBelow", call: fmt.Sprintf("KeepErrorRateBelow(%v)", limit),
		phrase: "keep its error rate below " + units.Chosen(limit), short: "error rate below " + units.Chosen(limit),
		limit: limit, threshold: limit, verb: "failed",
		event: failed, key: failedKey{},
		value: func(w *probe.Window) (float64, string) { return float64(w.Errors()) / float64(w.N()), "" },
		worst: inOrder, title: "the first that failed",
	}
	if !(limit > 0 && limit < 1) {
		o.invalid = fmt.Errorf("limit %v: must be above 0 and below 1: write 1 * Percent for 1 %%", limit)
	}
	return o.with(options)
}

// failedKey is the key under which a window remembers how many of its samples failed.
type failedKey struct{}

func failed(s *probe.Sample) bool { return !s.Healthy() }

func inOrder(samples []probe.Sample) []probe.Sample { return samples }
