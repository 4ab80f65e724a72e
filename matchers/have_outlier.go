package matchers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveOutlier succeeds when the named member of a *probe.FleetWindow differs from
// its peers, in any way or in the ways that are named:
//
//	Expect(seen).To(HaveOutlier("replica-3", Slower))
//	Expect(seen).To(HaveNoOutliers(Except("replica-3")))
//
// It judges as HaveNoOutliers does, with the same three outcomes: the member is
// named, or cleared, or neither, which is undecided and an error in either
// polarity. What other members do does not matter to it.
func HaveOutlier(member string, options ...FleetOption) types.GomegaMatcher {
	t := newFleetTest("HaveOutlier", "have the outlier "+member, "outlier "+member, options)
	t.member = member
	if len(t.ways) > 0 {
		words := make([]string, len(t.ways))
		for i, way := range t.ways {
			words[i] = string(way)
		}
		t.phrase += ", " + strings.Join(words, " or ")
		t.short += ", " + strings.Join(words, " or ")
	}
	t.decide = func(s sighting) record.Outcome {
		is := func(d deviation) bool {
			return s.names[d.member] == member && (len(t.ways) == 0 || slices.Contains(t.ways, d.way))
		}
		switch {
		case slices.ContainsFunc(s.named, is):
			return record.Kept
		case slices.ContainsFunc(s.open, is):
			return record.Undecided
		}
		return record.Violated
	}
	if len(t.except) > 0 {
		t.invalid = fmt.Errorf("Except goes with HaveNoOutliers: HaveOutlier judges %s alone", member)
	}
	return t
}
