package userspace_test

import (
	"regexp"
	"slices"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var replyTime = regexp.MustCompile(`icmp_seq=(\d+) .*time=([0-9.]+) ms`)

// ping sends count pings and returns the round-trip times, sorted.
func (n *namespace) ping(address string, count int) []time.Duration {
	GinkgoHelper()
	out := n.run("ping", "-n", "-c", strconv.Itoa(count), "-i", "0.02", "-W", "5", address)
	var times []time.Duration
	for _, reply := range replyTime.FindAllStringSubmatch(out, -1) {
		ms, err := strconv.ParseFloat(reply[2], 64)
		Expect(err).NotTo(HaveOccurred())
		times = append(times, time.Duration(ms*float64(time.Millisecond)))
	}
	Expect(times).To(HaveLen(count), out)
	slices.Sort(times)
	return times
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

var _ = Describe("A delay", func() {
	const delay = 60 * time.Millisecond

	for _, direction := range []fault.Direction{fault.Egress, fault.Ingress} {
		for _, family := range []string{"IPv4", "IPv6"} {
			It("is what ping sees from outside, "+string(direction)+", "+family, func() {
				p := newPair()
				path := p.delayed(userspace.Config{Direction: direction, Delay: delay})
				address := p.target.v4
				if family == "IPv6" {
					address = p.target.v6
				}
				times := p.peer.ping(address, 25)
				Expect(times[0]).To(BeNumerically(">=", delay), "no packet is early")
				Expect(median(times)).To(BeNumerically("<", delay+delay/4))
				Eventually(path.Stats).Should(SatisfyAll(
					HaveField("Received", BeNumerically(">=", 25)), HaveField("Lost", BeZero()), HaveField("Held", BeZero())))
			})
		}
	}

	It("both ways adds up", func() {
		p := newPair()
		p.delayed(userspace.Config{Direction: fault.Egress, Delay: delay})
		p.delayed(userspace.Config{Direction: fault.Ingress, Delay: delay})
		times := p.peer.ping(p.target.v4, 15)
		Expect(times[0]).To(BeNumerically(">=", 2*delay))
		Expect(median(times)).To(BeNumerically("<", 2*delay+delay/2))
	})

	It("with jitter spreads over the whole range and not beyond", func() {
		p := newPair()
		p.delayed(userspace.Config{Direction: fault.Egress, Delay: delay, Jitter: delay, Seed: 7})
		times := p.peer.ping(p.target.v4, 60)
		// Sixty even draws from 0 to 120 ms: the chance that a quarter stays empty is 1 in 10^7.
		Expect(times[0]).To(BeNumerically("<", delay/2))
		Expect(times[len(times)-1]).To(BeNumerically(">", delay+delay/2))
		Expect(median(times)).To(BeNumerically("~", delay, delay*3/4))
	})

	It("keeps the order of packets", func() {
		p := newPair()
		path := p.delayed(userspace.Config{Direction: fault.Egress, Delay: 20 * time.Millisecond})
		const count = 2000
		listener := p.peer.listenUDP(p.peer.v4)
		sender := p.target.dialUDP(listener)
		for i := range count {
			send(sender, i)
		}
		Expect(numbers(listener, count)).To(Equal(upTo(count)))
		Expect(path.Stats().Lost).To(BeZero())
	})
})

func sorted(times []time.Duration) []time.Duration { return slices.Sorted(slices.Values(times)) }
