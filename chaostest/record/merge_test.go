package record_test

import (
	"math"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestMergeJoinsWhatSeveralTargetsSaw(t *testing.T) {
	g := NewWithT(t)
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	a := record.Evidence{Effective: true, Summary: "3 packets", Counts: []record.Count{
		{Name: "packets", Value: 3, Merge: record.Sum}, {Name: "usage", Unit: "share", Value: 0.5, Merge: record.Max},
	}}
	b := record.Evidence{Summary: "4 packets", TargetDied: true, Spoilt: "the kernel killed a process", Starved: "no processor time", StoppedBy: "docker stop", Gaps: []record.Gap{{From: 1, Text: "eth0 is gone"}}, Counts: []record.Count{
		{Name: "usage", Unit: "share", Value: 0.25, Merge: record.Max},
		{Name: "packets", Value: 4, Merge: record.Sum},
		{Name: "room", Unit: "B", Value: 7, Merge: record.Min},
	}}
	merged := record.Merge([]record.Injection{
		{Target: "a", TargetID: "1", Reverted: true, End: early, Evidence: a},
		{Target: "b", TargetID: "2", Reverted: false, End: late, Error: "busy", Evidence: b},
		{Target: "c", TargetID: "3", Reverted: true, End: early, Evidence: record.Evidence{LeaseLapsed: true, Counts: []record.Count{
			{Name: "room", Unit: "B", Value: 5, Merge: record.Min},
		}}},
	})
	g.Expect(merged.Target).To(Equal("a, b, c"))
	g.Expect(merged.TargetID).To(Equal("1,2,3"))
	g.Expect(merged.Reverted).To(BeFalse(), "all must be reverted")
	g.Expect(merged.End).To(Equal(late))
	g.Expect(merged.Error).To(Equal("b: busy"))
	g.Expect(merged.Evidence).To(Equal(record.Evidence{
		Summary: "a: 3 packets; b: 4 packets", LeaseLapsed: true, TargetDied: true, Spoilt: "b: the kernel killed a process",
		Starved: "b: no processor time", StoppedBy: "b: docker stop", Gaps: []record.Gap{{From: 1, Text: "b: eth0 is gone"}},
		Counts: []record.Count{
			{Name: "packets", Value: 7, Merge: record.Sum},
			{Name: "usage", Unit: "share", Value: 0.5, Merge: record.Max},
			{Name: "room", Unit: "B", Value: 5, Merge: record.Min},
		},
	}))
	g.Expect(a.Value("packets")).To(Equal(record.Float(3)), "merging leaves its input unchanged")
	g.Expect(record.Merge(nil)).To(Equal(record.Injection{Schema: record.Schema}))
}

func TestACountOfAnUnknownNameOrRuleIsNaN(t *testing.T) {
	g := NewWithT(t)
	g.Expect(math.IsNaN(float64(record.Evidence{}.Value("packets")))).To(BeTrue())
	odd := record.Injection{Evidence: record.Evidence{Counts: []record.Count{{Name: "mood", Value: 1, Merge: "mix"}}}}
	merged := record.Merge([]record.Injection{odd, odd})
	g.Expect(math.IsNaN(float64(merged.Evidence.Value("mood")))).To(BeTrue())
}
