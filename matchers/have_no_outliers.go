package matchers

import (
	"fmt"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveNoOutliers succeeds when no member of a *probe.FleetWindow differs from its peers. A
// member differs when it is slower or faster by more than Margin (25 % by default) and Floor
// (1 ms by default), or when it fails more often by more than Margin:
//
//	seen := Load(ctx, probe.FleetOf(work, replicas...), PerSecond(20), For(10*time.Second))
//	Expect(seen).To(HaveNoOutliers())
//
// It fails when a member is named, and succeeds when every member is cleared. Otherwise it is
// undecided. A fleet needs three members. The package page says when a member is cleared.
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
	suffix := exceptText(t.except)
	t.phrase, t.short = t.phrase+suffix, t.short+suffix+t.changedOptions()
	if len(t.kinds) > 0 {
		t.invalid = fmt.Errorf("a kind (%s) goes with HaveOutlier: HaveNoOutliers judges them all", t.kinds[0])
	}
	return t
}
