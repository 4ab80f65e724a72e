package network

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = DescribeTable("the summary of the evidence", func(f fault.Fault, e record.Evidence, matched counters, path carried, want string) {
	i := &injection{request: injector.Request[fault.Fault]{Fault: f, Filter: fault.Filter{Direction: fault.Egress}}}
	Expect(i.summary(e, matched, path)).To(Equal(want))
},
	Entry("of nothing", fault.BlackHole(), record.Evidence{}, counters{}, carried{}, "no packet matched egress"),
	Entry("of nothing, after the lease", fault.BlackHole(), record.Evidence{LeaseLapsed: true}, counters{}, carried{}, "no packet matched egress; the lease ran out meanwhile"),
	Entry("of one packet", fault.BlackHole(), record.Evidence{}, counters{Packets: 1, Bytes: 999}, carried{}, "1 packet (999 B) lost in the black hole"),
	Entry("of many", fault.Delay(fault.MinDelay), record.Evidence{}, counters{Packets: 1204, Bytes: 1_100_000}, carried{sent: 1204}, "1,204 packets (1.1 MB) delayed"),
	Entry("of a path that could not keep up", fault.Delay(fault.MinDelay), record.Evidence{}, counters{Packets: 12_345_678, Bytes: 999_950_000_000}, carried{held: 1000, lost: 12},
		"12,345,678 packets (1.0 TB) delayed; 1,000 still held; 12 lost by the data path"),
	Entry("of a lease that ran out", fault.BlackHole(), record.Evidence{LeaseLapsed: true}, counters{Packets: 2, Bytes: 1000, Lapsed: 3}, carried{},
		"2 packets (1.0 kB) lost in the black hole; 3 packets passed untouched because the lease had run out"),
	Entry("of a target that died", fault.BlackHole(), record.Evidence{TargetDied: true}, counters{Packets: 2, Bytes: 10}, carried{},
		"2 packets (10 B) lost in the black hole; the target's first process ended"),
)
