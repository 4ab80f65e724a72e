package matchers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveOutlier succeeds when the named member of a *probe.FleetWindow differs from
// its peers, in any way or in the kinds that are listed:
//
//	Expect(seen).To(HaveOutlier("replica-3", Slower))
//	Expect(seen).To(HaveNoOutliers(Except("replica-3")))
//
// It judges as HaveNoOutliers does, with the same three outcomes. A member that fails
// often can hide the errors of another: the other is cleared only if it is cleared both with
// and without the failing member among its peers.
func HaveOutlier(member string, options ...FleetOption) types.GomegaMatcher {
	t := newFleetTest("HaveOutlier", "have the outlier "+member, "outlier "+member, options)
	t.member = member
	suffix := exceptText(t.except)
	if len(t.kinds) > 0 {
		suffix = ", " + t.kindsText() + suffix
	}
	t.phrase, t.short = t.phrase+suffix, t.short+suffix+t.changedOptions()
	t.decide = func(s fleetFinding) record.Outcome {
		switch {
		case slices.ContainsFunc(s.named, s.isAsked):
			return record.Kept
		case slices.ContainsFunc(s.open, s.isAsked):
			return record.Undecided
		}
		return record.Violated
	}
	for _, kind := range t.kinds {
		t.invalid = errors.Join(t.invalid, kind.validate())
	}
	switch {
	case member == "":
		t.invalid = errors.New(`no member is named: name one, as in HaveOutlier("replica-3"), or judge all of them with HaveNoOutliers`)
	case slices.Contains(t.except, member):
		t.invalid = fmt.Errorf("%s is itself left out by Except: remove it there", member)
	}
	return t
}
