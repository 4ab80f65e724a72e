// Package fleet_test finds the replicas of a service that differ from the others: one
// that is slow, one that fails fast, one with a wrong clock, and one that runs old code.
package fleet_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/images"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestFleet(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Fleet")
}

// image is the image of the replicas. Each process makes it once.
var image string

var _ = BeforeSuite(func(ctx SpecContext) {
	var err error
	image, err = images.Replica(ctx)
	Expect(err).NotTo(HaveOccurred())
}, NodeTimeout(5*time.Minute))

// replica starts a replica. Its environment may make it different. Its alias on the
// network is its name in the fleet.
func replica(ctx context.Context, net *docker.Network, name string, environment map[string]string) *Service {
	GinkgoHelper()
	return Run(ctx, image, net.As(name),
		testcontainers.WithEnv(environment),
		testcontainers.WithExposedPorts("8080/tcp"),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/healthz").WithPort("8080/tcp")))
}

// work asks one replica, and reads its version and its clock from each answer.
func work(s probe.Service) probe.Probe {
	return probe.HTTP(s, "8080/tcp", "/work",
		probe.VersionFrom(probe.HeaderField("X-Version")), probe.ClockFrom(probe.HeaderField("X-Time")))
}

// matters is how much the latency of a replica must differ to count. Without it, a
// replica on a busy processor would be an outlier.
const matters = 20 * time.Millisecond

var _ = Describe("a fleet of replicas", func() {
	It("has its odd replicas named, and no healthy one", func(ctx SpecContext) {
		net := Network(ctx)
		slow := replica(ctx, net, "slow", nil)
		fleet := probe.FleetOf(work, slow,
			replica(ctx, net, "a", nil),
			replica(ctx, net, "b", nil),
			replica(ctx, net, "c", nil),
			replica(ctx, net, "failing", map[string]string{"FAIL_SHARE": "0.3"}),
			replica(ctx, net, "skewed", map[string]string{"CLOCK_SKEW": "-5m"}),
			replica(ctx, net, "old", map[string]string{"VERSION": "1"}))

		Inject(ctx, fault.Delay(50*time.Millisecond), On(slow))
		seen := Load(ctx, fleet, PerSecond(20), For(10*time.Second))

		Expect(seen).To(HaveOutlier("slow", Slower, Floor(matters)))
		Expect(seen).To(HaveOutlier("failing", Failing))
		Expect(seen).To(HaveNoOutliers(Except("slow", "failing"), Floor(matters)))

		Expect(seen).NotTo(AgreeOnClock(time.Second))
		Expect(seen).To(AgreeOnClock(time.Second, Except("skewed")))

		Expect(seen).NotTo(RunTheSameVersion())
		Expect(seen).To(RunTheSameVersion(Except("old")))
	}, SpecTimeout(3*time.Minute))

	It("has no outlier while nothing is wrong, watched as it grows", func(ctx SpecContext) {
		net := Network(ctx)
		fleet := probe.FleetOf(work,
			replica(ctx, net, "a", nil), replica(ctx, net, "b", nil), replica(ctx, net, "c", nil), replica(ctx, net, "d", nil))
		seen := Watch(ctx, fleet, PerSecond(20))

		Consistently(ctx, seen.Window).WithTimeout(8 * time.Second).Should(HaveNoOutliers(Floor(matters)))
		Expect(seen.Window()).To(AgreeOnClock(time.Second))
		Expect(seen.Window()).To(RunTheSameVersion())
	}, SpecTimeout(3*time.Minute))
})
