package network

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("a target with several networks", func() {
	var target, client *Host

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
		target.Lay("eth1", client)
		target.Address("eth1", "10.78.0.1/24")
		client.Address("eth1", "10.78.0.2/24")
		target.Must("ping", "-n", "-c", "1", "-W", "20", "10.78.0.2")
	})

	DescribeTable("has the fault on all of them", func(ctx SpecContext, path fault.Path) {
		needPath(ctx, path)
		before := target.State()
		i := newAgent().mustInject(ctx, request(target, fault.Delay(ms(200)), fault.Filter{Direction: fault.Both}, path))
		for _, address := range []string{TargetIP, "10.78.0.1"} {
			Expect(ping(client, address, 3)).To(HaveEach(BeNumerically(">=", ms(400))))
		}
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", 12))
		i.revert()
		Expect(target.State()).To(Equal(before))
	},
		Entry("on the netem path", fault.NetemPath),
		Entry("on the user-space path", fault.UserSpacePath),
	)
})
