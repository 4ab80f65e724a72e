package chaostest_test

import (
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// A container lives until the spec ends, and so does everything that the spec does to it.
func ExampleRun() {
	It("serves a page", func(ctx SpecContext) {
		web := Run(ctx, nginx, testcontainers.WithExposedPorts("80/tcp"))
		Eventually(ctx, probe.HTTP(web, "80/tcp", "/").Sample).Should(BeLive())
	}, SpecTimeout(time.Minute))
}

// Containers on one network find each other by the names that As gives them. Filters
// and reports use these names, too.
func ExampleNetwork() {
	It("names its services", func(ctx SpecContext) {
		net := Network(ctx)
		web := Run(ctx, nginx, net.As("web"))
		Expect(web.Name()).To(Equal("web"))
	}, SpecTimeout(time.Minute))
}

// A container that something else has started, such as Compose, takes faults like any
// other. It is not removed at the end.
func ExampleAttach() {
	It("takes a container by its ID", func(ctx SpecContext) {
		started := Run(ctx, nginx)
		web := Attach(ctx, started.ID())
		Inject(ctx, fault.Pause(), On(web))
	}, SpecTimeout(time.Minute))
}

// The fault is live when Inject returns, and undone when the spec ends.
func ExampleInject() {
	It("answers within a second while its network is slow", func(ctx SpecContext) {
		web := Run(ctx, nginx, testcontainers.WithExposedPorts("80/tcp"))
		page := probe.HTTP(web, "80/tcp", "/")
		Eventually(ctx, page.Sample).Should(BeLive())

		slow := Inject(ctx, fault.Delay(100*time.Millisecond), On(web), Between(Clients), Port(80))
		answers := Load(ctx, page, PerSecond(50), For(2*time.Second))
		Expect(answers).To(KeepLatencyBelow(time.Second, P95))

		slow.Revert(ctx)
		Eventually(ctx, page.Sample).Should(HaveRecoveredWithin(5*time.Second, slow))
	}, SpecTimeout(time.Minute))
}

// A fault that this machine cannot do fails with fault.ErrUnsupported. A mistake that
// the spec can correct, as here, does not. To skip the spec where a fault is
// unsupported, give Inject the option OrSkip.
func ExampleTryInject() {
	It("says why a fault cannot be injected", func(ctx SpecContext) {
		web := Run(ctx, nginx)
		_, err := TryInject(ctx, fault.MemoryFill(80*Percent), On(web))
		Expect(err).To(MatchError(ContainSubstring("the container has no memory limit")))
		Expect(errors.Is(err, fault.ErrUnsupported)).To(BeFalse(), "start it with a limit")
	}, SpecTimeout(time.Minute))
}

// A load is an open loop: every request that was due during a stall sees the stall.
func ExampleLoad() {
	It("serves pages", func(ctx SpecContext) {
		web := Run(ctx, nginx, testcontainers.WithExposedPorts("80/tcp"))
		page := probe.HTTP(web, "80/tcp", "/")
		Eventually(ctx, page.Sample).Should(BeLive())

		few := KeepErrorRateBelow(5 * Percent)
		answers := Load(ctx, page, PerSecond(100), For(10*time.Second).Until(few)) // at most so long
		Expect(answers).To(few)
	}, SpecTimeout(time.Minute))
}

// A watch goes on while faults come and go.
func ExampleWatch() {
	It("serves pages throughout", func(ctx SpecContext) {
		web := Run(ctx, nginx, testcontainers.WithExposedPorts("80/tcp"))
		page := probe.HTTP(web, "80/tcp", "/")
		Eventually(ctx, page.Sample).Should(BeLive())

		seen := Watch(ctx, page, PerSecond(100), For(3*time.Second))
		Inject(ctx, fault.Delay(20*time.Millisecond), On(web), Between(Clients))
		Consistently(ctx, seen.UntilEnd()).WithTimeout(time.Minute).Should(KeepErrorRateBelow(5 * Percent))
	}, SpecTimeout(time.Minute))
}
