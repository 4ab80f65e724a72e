package matchers

import (
	"fmt"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveNoOutliers succeeds when no member of a *probe.FleetWindow differs from its peers:
// none is slower or faster by more than Margin (25 % otherwise, and below 4) and Floor (a
// millisecond otherwise), and none fails more often by more than Margin.
//
//	Expect(Load(ctx, probe.FleetOf(work, replicas...), PerSecond(20), For(10*time.Second))).To(HaveNoOutliers())
//
// Latencies are judged by windows (FleetWindow.Spans): a member is cleared when it is
// shown to be beyond the margin in fewer than half of them. Errors are judged by requests:
// it is cleared when it was observed to fail no more often than its peers by Margin or one
// request in a hundred, and much more is ruled out. Alpha bounds the probability of naming
// any healthy member, over all members and looks together.
//
// The matcher fails when a member is named, and succeeds when all are cleared; at alpha 5 %
// that takes about 10 and 6 windows. Otherwise it is undecided, which is an error in either
// polarity; so is a fleet of which half fails most requests. A fleet needs three members. See
// package stats for what the test assumes.
func HaveNoOutliers(options ...FleetOption) types.GomegaMatcher {
	t := newFleetTest("HaveNoOutliers", "have no outliers", "no outliers", options)
	t.decide = func(s fleetFinding) record.Outcome {
		switch {
		case len(s.named) > 0:
			return record.Violated
		case len(s.open) > 0:
			return record.Undecided
		}
		return record.Kept
	}
	said := exceptText(t.except)
	t.phrase, t.short = t.phrase+said, t.short+said+t.unusual()
	if len(t.kinds) > 0 {
		t.invalid = fmt.Errorf("a kind (%s) goes with HaveOutlier: HaveNoOutliers judges them all", t.kinds[0])
	}
	return t
}
