package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("what cannot be done is refused before anything is touched", func() {
	It("on a container that does not exist", func(ctx SpecContext) {
		engine, err := docker.Connect(ctx)
		Expect(err).NotTo(HaveOccurred())
		_, err = engine.Attach(ctx, "chaosgate-unknown")
		Expect(err).To(And(MatchError(driver.ErrNotFound), MatchError(ContainSubstring("find container chaosgate-unknown")), MatchError(ContainSubstring("docker ps"))))
	})

	It("on a container that has no memory limit", func(ctx SpecContext) {
		s := echo(ctx)
		Expect(TryInject(ctx, fault.MemoryFill(0.8), On(s))).Error().
			To(MatchError(ContainSubstring("has no memory limit")))
	}, SpecTimeout(time.Minute))

	It("on a container that shares the host's network", func(ctx SpecContext) {
		s := Run(ctx, echoImage,
			testcontainers.WithEnv(map[string]string{"ADDRESS": "127.0.0.1:0", "TCP_ADDRESS": "127.0.0.1:0", "UDP_ADDRESS": "127.0.0.1:0"}),
			testcontainers.WithHostConfigModifier(func(host *container.HostConfig) { host.NetworkMode = "host" }))
		Expect(TryInject(ctx, fault.Delay(time.Second), On(s))).Error().
			To(MatchError(ContainSubstring("shares the host's network, so the fault would hit the whole machine")))
	}, SpecTimeout(time.Minute))

	It("on a data path that this kernel does not have", func(ctx SpecContext) {
		s := echo(ctx)
		before := fingerprint(ctx, s)
		slow, err := TryInject(ctx, fault.Delay(100*time.Millisecond), On(s), Via(fault.NetemPath))
		if err == nil {
			Expect(ping(ctx, s)).To(BeNumerically(">", 90*time.Millisecond), "this kernel has netem")
			slow.Revert(ctx)
		} else {
			Expect(err).To(MatchError(fault.ErrUnsupported))
		}
		Expect(fingerprint(ctx, s)).To(Equal(before))
	}, SpecTimeout(time.Minute))

	It("twice on the same packets, and on a container that is paused already", func(ctx SpecContext) {
		s := echo(ctx)
		slow := Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
		Expect(TryInject(ctx, fault.Delay(time.Second), On(s))).Error().
			To(MatchError(ContainSubstring("delay 50ms")), "the fault in the way is named")
		Expect(ping(ctx, s)).To(BeNumerically("<", time.Second))
		slow.Revert(ctx)

		pause := Inject(ctx, fault.Pause(), On(s))
		Expect(TryInject(ctx, fault.Pause(), On(s))).Error().
			To(MatchError(ContainSubstring("paused")))
		pause.Revert(ctx)
	}, SpecTimeout(time.Minute))

	It("with a ready agent that the daemon does not have", func(ctx SpecContext) {
		GinkgoT().Setenv(docker.AgentImageVariable, "chaosgate.invalid/agent:none")
		engine, err := docker.New(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(engine.Close)
		_, err = engine.Host().StartAgent(ctx, nil)
		Expect(err).To(MatchError("agent image chaosgate.invalid/agent:none (from CHAOSGATE_AGENT_IMAGE): the daemon does not have it: pull it first, or unset the variable to build the agent"))
	}, SpecTimeout(time.Minute))

	It("on a daemon that does not answer", func(ctx SpecContext) {
		needRoot() // to hide the socket in a new mount namespace
		output := withoutDocker(ctx)
		Expect(output).To(And(ContainSubstring("daemon does not answer"), ContainSubstring("start Docker, or point DOCKER_HOST at a running one")))
	}, SpecTimeout(time.Minute))
})

// withoutDocker runs this test binary where there is no Docker Engine, and returns its
// output.
func withoutDocker(ctx context.Context) string {
	command := exec.CommandContext(ctx, "unshare", "--mount", "sh", "-c",
		"mount --bind /dev/null $(readlink -f /var/run/docker.sock) && exec \"$0\" -test.run=^TestEndToEnd$", os.Args[0])
	command.Env = append(os.Environ(), "DOCKER_HOST=tcp://127.0.0.1:1", victimVariable+"=anybody")
	output, _ := command.CombinedOutput() // it is meant to fail
	return string(output)
}
