package network

import (
	"math/rand/v2"
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = DescribeTableSubtree("several faults at once", func(path fault.Path) {
	const delay = 200 * time.Millisecond

	It("live side by side and can be reverted in any order", func(ctx SpecContext) {
		needPath(ctx, path)
		target, client := Connect(GinkgoTB())
		here := newAgent()
		before := target.State()
		port := func(first, last uint16) []fault.PortRange { return []fault.PortRange{{First: first, Last: last}} }
		all := []injected{
			here.mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{Ports: port(7000, 7000), Direction: fault.Both}, path)),
			here.mustInject(ctx, request(target, fault.Delay(3*delay), fault.Filter{Ports: port(7001, 7001), Direction: fault.Both}, path)),
			here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Peers: []netip.Prefix{prefixOf(StrangerIP)}}, "")),
		}
		live := []bool{true, true, true}
		look := func() {
			GinkgoHelper()
			for n, held := range []time.Duration{delay, 3 * delay} {
				for _, took := range [][]time.Duration{
					oneWay(target, client, TargetIP, ClientIP, 7000+n, 3),
					oneWay(client, target, ClientIP6, TargetIP6, 7000+n, 3),
				} {
					if live[n] {
						Expect(took).To(HaveEach(BeNumerically(">=", held)))
						Expect(median(took)).To(BeNumerically("<", 2*held))
					} else {
						Expect(median(took)).To(BeNumerically("<", delay/2))
					}
				}
			}
			_, err := client.Run("ping", "-n", "-c", "2", "-W", "1", "-I", StrangerIP, TargetIP)
			Expect(err != nil).To(Equal(live[2]))
		}
		look()
		order := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 0)).Perm(len(all))
		for _, n := range order {
			all[n].revert()
			live[n] = false
			look()
		}
		Expect(target.State()).To(Equal(before))
		Expect(here.namespaces.byInode).To(BeEmpty())
	})

	It("delay a packet only once, even if both could", func(ctx SpecContext) {
		needPath(ctx, path)
		target, client := Connect(GinkgoTB())
		here := newAgent()
		// The filters name different ports, but one packet has both.
		for _, port := range []uint16{7000, 7001} {
			here.mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{
				Ports: []fault.PortRange{{First: port, Last: port}}, Direction: fault.Ingress,
			}, path))
		}
		sender, receiver := client.Listen(ClientIP, 7000), target.Listen(TargetIP, 7001)
		sent := time.Now()
		_, err := sender.WriteTo([]byte("both"), receiver.LocalAddr())
		Expect(err).NotTo(HaveOccurred())
		Expect(receiver.SetReadDeadline(time.Now().Add(20 * time.Second))).To(Succeed())
		_, _, err = receiver.ReadFromUDP(make([]byte, 8))
		Expect(err).NotTo(HaveOccurred())
		Expect(time.Since(sent)).To(BeNumerically(">=", delay))
	})
},
	Entry("on the netem path", fault.NetemPath),
	Entry("on the user-space path", fault.UserSpacePath),
)
