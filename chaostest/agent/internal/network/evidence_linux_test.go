package network

import (
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = DescribeTable("the evidence", func(f packetFault, t touched, effective bool, want string) {
	i := &injection{fault: f, filter: fault.Filter{Direction: fault.Egress}}
	e := i.evidence(t, nil)
	Expect(e.Summary).To(Equal(want))
	Expect(e.Effective).To(Equal(effective))
	Expect(e.LeaseLapsed).To(Equal(t.lapsed))
	Expect(e.TargetDied).To(Equal(t.died))
	for name, value := range map[string]uint64{
		"packets": t.matched.Packets, "bytes": t.matched.Bytes, "lapsed": t.matched.Lapsed, "lost": t.carried.lost,
	} {
		Expect(e.Value(name)).To(Equal(record.Float(value)), name)
	}
	unread := i.evidence(t, errors.New("read the counters: no such device"))
	Expect(unread.Effective).To(BeFalse())
	Expect(unread.Summary).To(Equal(want + "; read the counters: no such device"))
},
	Entry("of nothing", blackHole{}, touched{}, false, "no packet matched egress: does the client resolve and reach the peer?"),
	Entry("of nothing, after the lease", blackHole{}, touched{lapsed: true}, false, "no packet matched egress: does the client resolve and reach the peer?; the lease ran out"),
	Entry("of one packet", blackHole{}, touched{matched: classifier.Counters{Packets: 1, Bytes: 999}}, true, "1 packet (999 B) lost in the black hole"),
	Entry("of what any link has", blackHole{}, touched{matched: classifier.Counters{Packets: 3, Bytes: 330, Common: 3}}, false,
		"3 packets (330 B) lost in the black hole; all of them multicast or broadcast, which any link has"),
	Entry("of one packet beside what any link has", blackHole{}, touched{matched: classifier.Counters{Packets: 4, Bytes: 400, Common: 3}}, true,
		"4 packets (400 B) lost in the black hole"),
	Entry("of what any link has, and a lapse", blackHole{}, touched{matched: classifier.Counters{Packets: 1, Bytes: 110, Common: 1, Lapsed: 2}, lapsed: true}, false,
		"1 packet (110 B) lost in the black hole; all of them multicast or broadcast, which any link has; 2 packets passed untouched because the lease had run out"),
	Entry("of many", delay{fault.Delay(fault.MinDelay)}, touched{
		matched: classifier.Counters{Packets: 1204, Bytes: 1_100_000}, carried: pathCounts{sent: 1204},
	}, true, "1,204 packets (1.049 MiB) delayed"),
	Entry("of packets that are still held", delay{fault.Delay(fault.MinDelay)}, touched{
		matched: classifier.Counters{Packets: 2, Bytes: 92}, carried: pathCounts{held: 2},
	}, false, "2 packets (92 B) delayed; 2 still held"),
	Entry("of a path that could not keep up", delay{fault.Delay(fault.MinDelay)}, touched{
		matched: classifier.Counters{Packets: 12_345_678, Bytes: 1 << 40}, carried: pathCounts{sent: 1, held: 1000, lost: 12},
	}, true, "12,345,678 packets (1 TiB) delayed; 1,000 still held; 12 lost by the data path"),
	Entry("of a lease that ran out", blackHole{}, touched{matched: classifier.Counters{Packets: 2, Bytes: 1000, Lapsed: 3}, lapsed: true}, false,
		"2 packets (1000 B) lost in the black hole; 3 packets passed untouched because the lease had run out"),
	Entry("of a target that died", blackHole{}, touched{matched: classifier.Counters{Packets: 2, Bytes: 10}, died: true}, true,
		"2 packets (10 B) lost in the black hole; the target's first process ended"),
)
