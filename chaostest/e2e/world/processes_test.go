package world_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

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
// its target and its fault.
const (
	otherProcess   = "as the second process of another suite"
	targetVariable = "CHAOSGATE_WORLD_TARGET"
	faultVariable  = "CHAOSGATE_WORLD_FAULT"
)

func otherProcessSpecs() {
	It("injects, too", func(ctx SpecContext) {
		f, err := fault.Unmarshal([]byte(os.Getenv(faultVariable)))
		Expect(err).NotTo(HaveOccurred())
		Inject(ctx, f, On(Attach(ctx, os.Getenv(targetVariable))))
	})
}

// fromElsewhere injects a fault from another test process, and returns what that says.
func fromElsewhere(ctx context.Context, f fault.Fault, s *Service) (output string, err error) {
	GinkgoHelper()
	encoded, err := fault.Marshal(f)
	Expect(err).NotTo(HaveOccurred())
	other := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestWorld$")
	other.Env = append(os.Environ(), suiteVariable+"="+otherProcess, reportVariable+"="+GinkgoT().TempDir()+"/report.json",
		targetVariable+"="+s.ID(), faultVariable+"="+string(encoded))
	said, err := other.CombinedOutput()
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
