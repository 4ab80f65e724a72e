package world_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// chosen is a name for a container that somebody has chosen. It goes with the spec.
func chosen() (name string) {
	name = fmt.Sprintf("chaosgate-db-%d", time.Now().UnixMilli()%1e8)
	DeferCleanup(func() { _ = exec.Command("docker", "rm", "--force", name).Run() })
	return name
}

// start starts a Redis under a name, as somebody else would.
func start(ctx context.Context, name string) {
	GinkgoHelper()
	command(ctx, "run", "--detach", "--cpus=0.5", "--label=chaosgate.world=1", "--name", name, os.Getenv(redisVariable))
}

// chosenRedis is a Redis under a chosen name that somebody else has started, and that is live.
func chosenRedis(ctx context.Context) (name string, s *Service) {
	GinkgoHelper()
	name = chosen()
	start(ctx, name)
	s = Attach(ctx, name).As("db")
	Eventually(ctx, connect(s).Sample).Should(BeLive())
	return name, s
}

// replace removes a container, and starts another one under its name, as Compose does it for
// `docker compose up --force-recreate`.
func replace(ctx context.Context, name string) {
	GinkgoHelper()
	command(ctx, "create", "--cpus=0.5", "--label=chaosgate.world=1", "--name", "0123456789ab_"+name, os.Getenv(redisVariable))
	command(ctx, "stop", "--time=5", name)
	command(ctx, "rm", name)
	command(ctx, "rename", "0123456789ab_"+name, name)
	command(ctx, "start", name)
}

// recreated are suites whose target is removed, and another one comes in its place.
var recreated = map[string]suite{
	"that recreates its target across a delay has the delay again": {specs: func() {
		It("recreates", func(ctx SpecContext) {
			name, s := chosenRedis(ctx)
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s), AcrossRestarts())
			takes(ctx, s, ">=", 200*time.Millisecond)
			for range 2 {
				replace(ctx, name)
				Eventually(ctx, connect(s).Sample).WithTimeout(10 * time.Second).Should(BeLive())
				takes(ctx, Attach(ctx, name).As("db"), ">=", 200*time.Millisecond)
				seen := Load(ctx, connect(s), PerSecond(20), For(500*time.Millisecond))
				Expect(seen).NotTo(KeepLatencyBelow(150*time.Millisecond, P50))
			}
			slow.Revert(ctx)
			takes(ctx, s, "<", 150*time.Millisecond)
			Expect(slow.Evidence(ctx)).To(HaveField("Record().Evidence.Summary", ContainSubstring("another container was started in its place at ")))
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection", check: func(run gate.Run) {
		for _, w := range run.Specs[0].Windows {
			Expect(w.Probe).To(Equal("tcp db:6379"), "it has one name, whatever container it is")
			Expect(w.Faults).To(Equal([]string{"delay 200ms on db, egress"}))
		}
	}},

	"that removes and runs its target across faults has them again": {specs: func() {
		for _, f := range []fault.Fault{fault.Pause(), fault.CPUBurn(0.3), fault.CPUThrottle(0.5)} {
			It(string(f.Kind()), func(ctx SpecContext) {
				name := chosen()
				start(ctx, name)
				i := Inject(ctx, f, On(Attach(ctx, Attach(ctx, name).ID())), AcrossRestarts()) // by its ID, as a module does
				time.Sleep(500 * time.Millisecond)                                             // the fault lasts
				command(ctx, "rm", "--force", name)
				start(ctx, name)
				Eventually(ctx, i.Evidence).WithTimeout(10 * time.Second).Should(HaveField("Record().Evidence.Summary", ContainSubstring("; then ")))
				if f.Kind() == fault.KindPause {
					Expect(frozen(Attach(ctx, name))(ctx)).To(BeTrue())
				}
				time.Sleep(500 * time.Millisecond) // and on the next one
				i.Revert(ctx)
				Expect(frozen(Attach(ctx, name))(ctx)).To(BeFalse())
			})
		}
	}, verdict: gate.Pass, words: "3 specs passed with 3 injections"},

	"that recreates its target without a word, and measures, is a tool failure": {specs: func() {
		It("recreates", func(ctx SpecContext) {
			name, s := chosenRedis(ctx)
			Inject(ctx, fault.Delay(50*time.Millisecond), On(s))
			takes(ctx, s, ">=", 50*time.Millisecond)
			replace(ctx, name)
			Eventually(ctx, connect(s).Sample).WithTimeout(10 * time.Second).Should(HaveField("Healthy()", true))
			takes(ctx, s, "<", 50*time.Millisecond)
			Load(ctx, connect(s), PerSecond(20), For(200*time.Millisecond))
		})
	}, verdict: gate.ToolFailure, words: "say AcrossRestarts or UntilRestart if that is on purpose"},

	"whose fault lasts until its target is recreated goes on without it": {specs: func() {
		It("recreates", func(ctx SpecContext) {
			name, s := chosenRedis(ctx)
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s), UntilRestart())
			takes(ctx, s, ">=", 200*time.Millisecond)
			replace(ctx, name)
			Expect(slow.Active()).To(BeFalse())
			Eventually(ctx, connect(s).Sample).WithTimeout(10 * time.Second).Should(HaveRecoveredWithin(8*time.Second, slow))
			takes(ctx, s, "<", 150*time.Millisecond)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that removes its target for good across a delay, and measures another, passes": {specs: func() {
		It("removes", func(ctx SpecContext) {
			name, s := chosenRedis(ctx)
			slow := Inject(ctx, fault.Delay(200*time.Millisecond), On(s), AcrossRestarts())
			takes(ctx, s, ">=", 200*time.Millisecond)
			command(ctx, "rm", "--force", name)
			takes(ctx, redis(ctx), "<", 150*time.Millisecond) // which has another name
			slow.Revert(ctx)
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},
}
