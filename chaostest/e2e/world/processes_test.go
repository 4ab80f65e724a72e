package world_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// pid is the container's first process on the engine's host.
func pid(ctx context.Context, s *Service) string {
	GinkgoHelper()
	output, err := exec.CommandContext(ctx, "docker", "inspect", "--format", "{{.State.Pid}}", s.ID()).Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(output))
}

// otherProcess is what a second test process runs on a container of the first. These are
// its target, its fault, and a file that it makes before it waits for its end.
const (
	otherProcess   = "as the second process of another suite"
	targetVariable = "CHAOSGATE_WORLD_TARGET"
	faultVariable  = "CHAOSGATE_WORLD_FAULT"
	waitVariable   = "CHAOSGATE_WORLD_WAIT"
)

func otherProcessSpecs() {
	It("injects, too", func(ctx SpecContext) {
		f, err := fault.Unmarshal([]byte(os.Getenv(faultVariable)))
		Expect(err).NotTo(HaveOccurred())
		Inject(ctx, f, On(Attach(ctx, os.Getenv(targetVariable))))
		if signals := os.Getenv(waitVariable); signals != "" {
			Expect(os.WriteFile(signals, nil, 0o600)).To(Succeed())
			<-ctx.Done()
		}
	})
}

// elsewhere is another test process that injects a fault.
func elsewhere(ctx context.Context, f fault.Fault, s *Service, environment ...string) *exec.Cmd {
	GinkgoHelper()
	encoded, err := fault.Marshal(f)
	Expect(err).NotTo(HaveOccurred())
	other := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestWorld$")
	other.Env = append(append(os.Environ(), suiteVariable+"="+otherProcess, reportVariable+"="+GinkgoT().TempDir()+"/report.json",
		targetVariable+"="+s.ID(), faultVariable+"="+string(encoded)), environment...)
	return other
}

// fromElsewhere injects a fault from another test process, and returns what that says.
func fromElsewhere(ctx context.Context, f fault.Fault, s *Service) (output string, err error) {
	GinkgoHelper()
	said, err := elsewhere(ctx, f, s).CombinedOutput()
	return string(said), err
}

var processes = map[string]suite{
	"whose second process pauses the same container is refused by name": {specs: func() {
		It("meets another", func(ctx SpecContext) {
			s := redis(ctx)
			Inject(ctx, fault.Pause(), On(s))
			said, err := fromElsewhere(ctx, fault.Pause(), s)
			Expect(err).To(HaveOccurred(), said)
			Expect(said).To(And(ContainSubstring("set by pause"), ContainSubstring("revert that injection first")))
		})
	}, verdict: gate.Pass, words: "1 spec passed with 1 injection"},

	"that is interrupted leaves no fault": {specs: func() {
		for _, f := range []fault.Fault{fault.Pause(), fault.Delay(200 * time.Millisecond)} {
			It(f.String(), func(ctx SpecContext) {
				s := redis(ctx)
				waits := filepath.Join(GinkgoT().TempDir(), "waits")
				other := elsewhere(ctx, f, s, waitVariable+"="+waits)
				Expect(other.Start()).To(Succeed())
				Eventually(ctx, func() error { _, err := os.Stat(waits); return err }).WithTimeout(time.Minute).Should(Succeed())
				if f.Kind() == fault.KindPause {
					Expect(frozen(s)(ctx)).To(BeTrue())
				} else {
					takes(ctx, s, ">=", 200*time.Millisecond)
				}
				Expect(other.Process.Signal(os.Interrupt)).To(Succeed())
				Expect(other.Wait()).NotTo(Succeed(), "it was interrupted")
				Expect(frozen(s)(ctx)).To(BeFalse())
				takes(ctx, s, "<", 150*time.Millisecond)
			})
		}
	}, verdict: gate.Pass, words: "2 specs passed"},

	"that loses the packets of a silent container has shown nothing": {specs: func() {
		It("waits", func(ctx SpecContext) {
			// On a network with addresses that no container had before: this machine may still
			// end connections to one.
			name := fmt.Sprintf("chaosgate-silent-%d", os.Getpid())
			command(ctx, "network", "create", "--subnet", fmt.Sprintf("10.%d.%d.0/24", 200+os.Getpid()%50, os.Getpid()/50%250), name)
			DeferCleanup(func(ctx SpecContext) { command(ctx, "network", "rm", name) })
			s := redis(ctx, hostConfig(func(h *container.HostConfig) { h.NetworkMode = container.NetworkMode(name) }))
			Inject(ctx, fault.BlackHole(), On(s))
			// Any link has multicast now and then. Nobody answers it.
			enter(ctx, s, "sh", "-c", "ping -c 5 -i 0.2 -W 1 224.0.0.251; true")
		})
	}, verdict: gate.ToolFailure, words: "did not have the effect that it names"},
}
