package world_test

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// restarted is how often the engine's policy has restarted a container.
func restarted(ctx context.Context, s *Service) (int, error) {
	output, err := exec.CommandContext(ctx, "docker", "inspect", "--format={{.RestartCount}}", s.ID()).Output()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(output)))
}

// frozen asks from the outside whether Redis answers: it accepts connections even when it
// stands still.
func frozen(s *Service) func(context.Context) bool {
	return func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return exec.CommandContext(ctx, "docker", "exec", s.ID(), "redis-cli", "ping").Run() != nil
	}
}

// end makes Redis end by itself.
func end(ctx context.Context, s *Service) {
	GinkgoHelper()
	_, _, err := s.Exec(ctx, "redis-cli", "shutdown", "nosave")
	Expect(err).To(Or(Not(HaveOccurred()), MatchError(ContainSubstring("is gone")), MatchError(ContainSubstring("does not run"))))
}

func removed(h *container.HostConfig) { h.AutoRemove = true }

var ended = map[string]suite{
	"whose target ends by itself under a fault is a regression": {specs: func() {
		It("ends", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
			takes(ctx, s, ">=", 20*time.Millisecond)
			end(ctx, s)
		})
	}, verdict: gate.Regression, words: "ended under the fault"},

	"whose target removes itself under a fault is a regression": {specs: func() {
		It("ends", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(removed))
			Inject(ctx, fault.Delay(20*time.Millisecond), On(s))
			takes(ctx, s, ">=", 20*time.Millisecond)
			end(ctx, s)
		})
	}, verdict: gate.Regression, words: "ended under the fault"},

	"whose container removes itself under load is a regression": {specs: func() {
		It("ends", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(removed))
			seen := Watch(ctx, connect(s), PerSecond(50), For(2*time.Second))
			end(ctx, s)
			Consistently(ctx, seen.UntilEnd()).WithTimeout(10 * time.Second).Should(KeepErrorRateBelow(5 * Percent))
		})
	}, verdict: gate.Regression, words: "samples failed"},

	"that looks inside a container that has removed itself is a regression": {specs: func() {
		It("ends", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(removed))
			end(ctx, s)
			Eventually(ctx, probe.Exec(s, "true").Sample).WithTimeout(2 * time.Second).Should(BeLive())
		})
	}, verdict: gate.Regression, words: "redis is gone (exit code 0)"},

	"that breaks a container that has removed itself is a regression": {specs: func() {
		It("ends", func(ctx SpecContext) {
			s := redis(ctx, hostConfig(removed))
			end(ctx, s)
			Eventually(func() error { _, err := s.State(ctx); return err }).Should(HaveOccurred())
			Inject(ctx, fault.Pause(), On(s))
		})
	}, verdict: gate.Regression, words: "container redis is gone (exit code 0)"},

	"that attaches to what was never there is a tool failure": {specs: func() {
		It("attaches", func(ctx SpecContext) { Attach(ctx, "chaosgate-never-there") })
	}, verdict: gate.ToolFailure, words: "no such container"},
}
