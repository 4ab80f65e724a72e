package e2e_test

import (
	"context"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

const memoryLimit = 128 << 20

var limited = testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
	host.NanoCPUs = 500_000_000
	host.Memory = memoryLimit
})

var _ = Describe("resource faults", func() {
	var (
		s   *Service
		pid int
	)

	BeforeEach(func(ctx SpecContext) {
		needRoot()
		s = echo(ctx, limited)
		pid = firstProcess(ctx, s)
	}, NodeTimeout(time.Minute))

	It("burn a share of the quota, by the cgroup's counter", func(ctx SpecContext) {
		before := fingerprint(ctx, s)
		burn := Inject(ctx, fault.CPUBurn(50*Percent), On(s))
		share, stalled := usedOver(ctx, pid, 4*time.Second)
		exact := 0.01
		if stalled > 0 {
			exact = 0.1 + stalled
		}
		Expect(share/0.5).To(BeNumerically("~", 0.5, exact), "of a quota of half a processor")
		Expect(burn.Evidence(ctx)).To(HaveTakenEffect())
		burn.Revert(ctx)
		Expect(members(pid, "cpu")).To(HaveLen(1))
		Expect(fingerprint(ctx, s)).To(Equal(before))
	}, SpecTimeout(time.Minute))

	It("fill memory to a share of the limit", func(ctx SpecContext) {
		before := fingerprint(ctx, s)
		fill := Inject(ctx, fault.MemoryFill(80*Percent), On(s))
		Expect(float64(memoryUsed(pid)) / memoryLimit).To(BeNumerically("~", 0.8, 0.01))
		Expect(fill.Evidence(ctx)).To(HaveTakenEffect())
		fill.Revert(ctx)
		Expect(float64(memoryUsed(pid)) / memoryLimit).To(BeNumerically("<", 0.4))
		Expect(members(pid, "memory")).To(HaveLen(1))
		Expect(fingerprint(ctx, s)).To(Equal(before))
	}, SpecTimeout(time.Minute))

	It("freeze all processes, and thaw them", func(ctx SpecContext) {
		before := fingerprint(ctx, s)
		alive := probe.HTTP(s, "8080/tcp", "/healthz", probe.Timeout(500*time.Millisecond))
		Eventually(ctx, alive.Sample).Should(BeLive())
		pause := Inject(ctx, fault.Pause(), On(s))
		Expect(alive.Sample(ctx)).NotTo(BeLive())
		Expect(pause.Evidence(ctx)).To(HaveTakenEffect())
		pause.Revert(ctx)
		Eventually(ctx, alive.Sample).Should(HaveRecoveredWithin(5*time.Second, pause))
		Expect(fingerprint(ctx, s)).To(Equal(before))
	}, SpecTimeout(time.Minute))
})

// usedOver is how many processors the container uses in a span, and for which share of
// the span the machine itself was stopped. A virtual machine counts the time that its
// host takes away as used by the process that ran.
func usedOver(ctx context.Context, pid int, span time.Duration) (cores, stalled float64) {
	GinkgoHelper()
	const look = 5 * time.Millisecond
	start, used := time.Now(), cpuUsed(pid)
	var stalls time.Duration
	tick := time.NewTicker(look)
	defer tick.Stop()
	for last := start; time.Since(start) < span; last = time.Now() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			Fail("the spec ended while it measured")
		}
		if late := time.Since(last) - look; late > 4*look {
			stalls += late
		}
	}
	took := time.Since(start).Seconds()
	return (cpuUsed(pid) - used).Seconds() / took, stalls.Seconds() / took
}
