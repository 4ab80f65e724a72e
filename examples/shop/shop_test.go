// Package shop_test is the resilience gate of a small shop. It says what must hold while
// the shop's dependencies are slow, unreachable or hang, and while it is short of
// processor time or memory. By default it tests the careful build of the shop.
// SHOP_BUILD=careless tests a build without timeout and fallback, which the gate stops.
package shop_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

var _ = Describe("checkout", func() {
	var (
		redis, catalogue, shop *Service
		checkout               *probe.HTTPProbe
	)

	// answered asks for a field of the shop's answer.
	answered := func(field string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			s, err := probe.HTTP(shop, "8080/tcp", "/checkout", probe.VersionFrom(probe.BodyField(field))).Sample(ctx)
			return s.Version, err
		}
	}

	BeforeEach(func(ctx SpecContext) {
		redis, catalogue, shop = start(ctx)
		checkout = probe.HTTP(shop, "8080/tcp", "/checkout", probe.Timeout(2*time.Second))
		Eventually(ctx, checkout.Sample).Should(BeLive())
		// The shop falls back when a dependency is gone. So a fault on one that was never in
		// use, because its name does not resolve, would show nothing.
		Eventually(ctx, answered("price.source")).Should(Equal("catalogue"))
		Eventually(ctx, answered("sold")).ShouldNot(Equal("0"))
	}, NodeTimeout(2*time.Minute))

	It("keeps selling while its catalogue answers late", func(ctx SpecContext) {
		Inject(ctx, fault.Delay(time.Second, fault.Jitter(50*time.Millisecond)),
			On(catalogue), Between(shop), Port(8080))
		sold := Load(ctx, checkout, PerSecond(40), For(3*time.Second))
		Expect(sold).To(KeepErrorRateBelow(5 * Percent))
		Expect(sold).To(KeepLatencyBelow(800*time.Millisecond, P95))
	}, SpecTimeout(time.Minute))

	It("keeps selling while its counter is unreachable, and recovers", func(ctx SpecContext) {
		gone := Inject(ctx, fault.BlackHole(), On(redis), Between(shop), Port(6379))
		sold := Load(ctx, checkout, PerSecond(40), For(3*time.Second))
		Expect(sold).To(KeepErrorRateBelow(5 * Percent))

		gone.Revert(ctx)
		Eventually(ctx, checkout.Sample).Should(HaveRecoveredWithin(3*time.Second, gone))
	}, SpecTimeout(time.Minute))

	It("keeps selling while its catalogue hangs", func(ctx SpecContext) {
		Inject(ctx, fault.Pause(), On(catalogue))
		sold := Load(ctx, checkout, PerSecond(40), For(3*time.Second))
		Expect(sold).To(KeepErrorRateBelow(5 * Percent))
	}, SpecTimeout(time.Minute))

	It("stays live while it is short of processor time and memory", func(ctx SpecContext) {
		Inject(ctx, fault.CPUBurn(50*Percent), On(shop))
		Inject(ctx, fault.MemoryFill(80*Percent), On(shop))
		alive := Load(ctx, probe.HTTP(shop, "8080/tcp", "/healthz"), PerSecond(40), For(3*time.Second))
		Expect(alive).To(KeepErrorRateBelow(5 * Percent))
	}, SpecTimeout(time.Minute))
})
