package matchers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveOutlier succeeds when the named member of a *probe.FleetWindow differs from
// its peers, in any way or in the kinds that are named:
//
//	Expect(seen).To(HaveOutlier("replica-3", Slower))
//	Expect(seen).To(HaveNoOutliers(Except("replica-3")))
//
// It judges as HaveNoOutliers does, with the same three outcomes: the member is
// named, or cleared, or neither, which is undecided and an error in either
// polarity. Beside a member that fails often the errors of another weigh little:
// while one is named, another is cleared of failing more often only if it is against
// the rest as well.
func HaveOutlier(member string, options ...FleetOption) types.GomegaMatcher {
	t := newFleetTest("HaveOutlier", "have the outlier "+member, "outlier "+member, options)
	t.member = member
	said := exceptText(t.except)
	if len(t.kinds) > 0 {
		said = ", " + t.kindsText() + said
	}
	t.phrase, t.short = t.phrase+said, t.short+said+t.unusual()
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
		t.invalid = fmt.Errorf("%s itself is excepted: leave it out of Except", member)
	}
	return t
}
