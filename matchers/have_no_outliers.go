package matchers

import (
	"fmt"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveNoOutliers succeeds when no member of a *probe.FleetWindow differs from its
// peers: none is slower or faster by more than Margin (25 % otherwise) and Floor (a
// millisecond otherwise), and none fails more often by more than Margin.
//
//	Expect(Load(ctx, replicas, PerSecond(20), For(10*time.Second))).To(HaveNoOutliers())
//
// Latencies are judged by windows, as many as FleetWindow.Spans: in each, a
// member's median is held against the median of its peers (Margin is below 4), and what counts is in
// how many windows it lies beyond the margin. Nothing is assumed of how latencies
// are distributed, nor that windows are independent: members that differ a
// little for ever, and noise that lasts, raise no alarm. Errors are judged by
// requests: of all the fleet's errors a member should have its share. It is cleared
// of failing more often when it was observed to fail no more often than its peers by
// Margin or one request in a hundred, and is shown to fail less than one request in
// twenty, or less than five times as often as its peers; nobody is while half or more of the
// members fail most of their requests, since then most peers of a healthy one do.
//
// Alpha bounds the probability of naming any healthy member, over all members,
// all ways to differ and all looks together. The matcher fails when a member is
// named, and succeeds when every member is cleared: when the windows show that it
// is not beyond the margin most of the time. Otherwise it is undecided, which is
// an error in either polarity and says how many windows are needed: at alpha 5 %,
// 6 clear all members, and about 10 name an outlier. A fleet needs three members;
// of two nobody can say which one is the outlier.
func HaveNoOutliers(options ...FleetOption) types.GomegaMatcher {
	t := newFleetTest("HaveNoOutliers", "have no outliers", "no outliers", options)
	t.decide = func(s sighting) record.Outcome {
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
	if len(t.ways) > 0 {
		t.invalid = fmt.Errorf("a way (%s) goes with HaveOutlier: HaveNoOutliers judges them all", t.ways[0])
	}
	return t
}
