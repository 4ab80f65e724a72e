package matchers

import (
	"fmt"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// KeepAvailabilityAbove succeeds when the samples of a *probe.Window show that
// the service keeps its availability at or above target, a share above 0 and below 1.
// Availability is the share of samples that the service answers as expected:
//
//	Expect(sold).To(KeepAvailabilityAbove(99 * Percent))
//
// It is KeepErrorRateBelow(1 - target) in other words, with the same three outcomes and the
// same Proved. A load sends at a constant rate, so the share of samples is also the share of
// time.
func KeepAvailabilityAbove(target float64, options ...ObjectiveOption) types.GomegaMatcher {
	o := objective{
		matcher: "KeepAvailabilityAbove", call: fmt.Sprintf("KeepAvailabilityAbove(%v)", target),
		phrase: "keep its availability above " + units.Chosen(target), short: "availability above " + units.Chosen(target),
		limit: 1 - target, threshold: target, verb: "failed",
		event: failed, key: failedKey{},
		availability: true,
		value:        func(w *probe.Window) (float64, string) { return 1 - float64(w.Errors())/float64(w.N()), "" },
		worst:        inOrder, title: "the first that failed",
	}
	if !(target > 0 && target < 1) {
		o.invalid = fmt.Errorf("target %v: must be above 0 and below 1: write 99.9 * Percent for 99.9 %%", target)
	}
	return o.with(options)
}
