package e2e_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("a container that was restarted", func() {
	It("is found again by its ID", func(ctx SpecContext) {
		s := echo(ctx)
		base := ping(ctx, s)
		slowed := func() {
			GinkgoHelper()
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s))
			Expect(ping(ctx, s)).To(BeNumerically(">", base+150*time.Millisecond))
			slow.Revert(ctx)
		}
		slowed()
		before := firstProcess(ctx, s)
		container := docker.Testcontainer(s.Target)
		Expect(container.Stop(ctx, nil)).To(Succeed())
		Expect(container.Start(ctx)).To(Succeed())
		Expect(firstProcess(ctx, s)).NotTo(Equal(before))
		slowed()
	}, SpecTimeout(time.Minute))
})
