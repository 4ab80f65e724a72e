package world_test

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// redis starts a Redis, which ends by itself when it is told to.
func redis(ctx context.Context, options ...testcontainers.ContainerCustomizer) *Service {
	GinkgoHelper()
	c, err := testcontainers.Run(ctx, os.Getenv(redisVariable), append([]testcontainers.ContainerCustomizer{
		testcontainers.WithExposedPorts("6379/tcp"),
		testcontainers.WithWaitStrategy(wait.ForLog("Ready to accept connections")),
	}, options...)...)
	DeferCleanup(testcontainers.TerminateContainer, c) // if it is still there
	Expect(err).NotTo(HaveOccurred())
	return Attach(ctx, c.GetContainerID())
}

func hostConfig(change func(*container.HostConfig)) testcontainers.ContainerCustomizer {
	return testcontainers.WithHostConfigModifier(change)
}

// connect is a probe of Redis. Each sample is a new connection.
func connect(s *Service) probe.Probe { return probe.TCP(s, "6379/tcp", probe.Timeout(time.Second)) }

// takes waits until a connection takes at least, or at most, this time.
func takes(ctx context.Context, s *Service, comparator string, d time.Duration) {
	GinkgoHelper()
	Eventually(ctx, func(ctx context.Context) (time.Duration, error) {
		sample, err := connect(s).Sample(ctx)
		if err == nil && !sample.Healthy() {
			return -1, StopTrying("not healthy").Attach("sample", sample).Wrap(nil)
		}
		return sample.Latency, err
	}).WithTimeout(10 * time.Second).Should(BeNumerically(comparator, d))
}

// command runs Docker's own command, as somebody else would.
func command(ctx context.Context, arguments ...string) {
	GinkgoHelper()
	output, err := exec.CommandContext(ctx, "docker", arguments...).CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "%s", output)
}

var restarts = map[string]suite{
	"that restarts its target across a delay has the delay again": {specs: func() {
		It("restarts", func(ctx SpecContext) {
			s := redis(ctx)
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s), AcrossRestarts())
			takes(ctx, s, ">=", 200*time.Millisecond)
			command(ctx, "restart", "--time=5", s.ID())
			Eventually(ctx, connect(s).Sample).Should(BeLive())
			takes(ctx, s, ">=", 200*time.Millisecond)
			seen := Load(ctx, connect(s), PerSecond(20), For(500*time.Millisecond))
			Expect(seen).NotTo(KeepLatencyBelow(150*time.Millisecond, P50))
			slow.Revert(ctx)
			takes(ctx, s, "<", 150*time.Millisecond)
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that restarts its target across a pause pauses it again": {specs: func() {
		It("restarts", func(ctx SpecContext) {
			s := redis(ctx)
			hung := Inject(ctx, fault.Pause(), On(s), AcrossRestarts())
			started := time.Now()
			command(ctx, "restart", "--time=10", s.ID())
			Expect(time.Since(started)).To(BeNumerically("<", 8*time.Second), "it thaws for the signal")
			ping := probe.Exec(s, "redis-cli", "ping")
			Eventually(ctx, frozen(s)).WithTimeout(10 * time.Second).Should(BeTrue())
			hung.Revert(ctx)
			Eventually(ctx, ping.Sample).WithTimeout(10 * time.Second).Should(HaveRecoveredWithin(5*time.Second, hung))
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"whose target is restarted by its policy has the fault again": {specs: func() {
		It("restarts", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(func(h *container.HostConfig) {
				h.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyAlways}
			}))
			Inject(ctx, fault.Delay(200*time.Millisecond), On(s), AcrossRestarts())
			takes(ctx, s, ">=", 200*time.Millisecond)
			_, _, err := s.Exec(ctx, "redis-cli", "shutdown", "nosave")
			Expect(err).NotTo(HaveOccurred())
			Eventually(ctx, func() (int, error) { return restarted(ctx, s) }).WithTimeout(20 * time.Second).Should(Equal(1))
			Eventually(ctx, connect(s).Sample).WithTimeout(20 * time.Second).Should(BeLive())
			takes(ctx, s, ">=", 200*time.Millisecond)
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"whose fault lasts until a restart goes on without it": {specs: func() {
		It("restarts", func(ctx SpecContext) {
			s := redis(ctx)
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s), UntilRestart())
			takes(ctx, s, ">=", 200*time.Millisecond)
			command(ctx, "restart", "--time=5", s.ID())
			Expect(slow.Active()).To(BeFalse())
			Eventually(ctx, connect(s).Sample).WithTimeout(10 * time.Second).Should(HaveRecoveredWithin(5*time.Second, slow))
			takes(ctx, s, "<", 150*time.Millisecond)
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that restarts its target without a word, and measures, is a tool failure": {specs: func() {
		It("restarts", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			command(ctx, "restart", "--time=5", s.ID())
			Load(ctx, connect(s), PerSecond(20), For(200*time.Millisecond))
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.ToolFailure, words: "say AcrossRestarts or UntilRestart if that is on purpose"},

	"that stops its target without a word, and blames it, is a tool failure": {specs: func() {
		It("stops", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			command(ctx, "stop", "--time=5", s.ID())
			Expect(Load(ctx, connect(s), PerSecond(50), For(time.Second))).To(KeepErrorRateBelow(5 * Percent))
		})
	}, verdict: gate.ToolFailure, words: "say AcrossRestarts or UntilRestart if that is on purpose"},

	"that sends its target a signal to reload passes": {specs: func() {
		It("reloads", func(ctx SpecContext) {
			s := redis(ctx)
			slow := Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			command(ctx, "kill", "--signal=WINCH", s.ID())
			takes(ctx, s, ">=", 50*time.Millisecond)
			Expect(slow.Active()).To(BeTrue())
			Load(ctx, connect(s), PerSecond(20), For(200*time.Millisecond))
			command(ctx, "rm", "--force", s.ID())
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},
}
