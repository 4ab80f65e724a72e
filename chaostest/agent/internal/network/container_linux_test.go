package network

import (
	"fmt"
	"os/exec"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = Describe("a container", func() {
	var target, client, inner *Host
	var box *cgrouptest.Box
	const delay = 200 * time.Millisecond

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
		box = cgrouptest.NewBox(GinkgoTB(), cgrouptest.Limits{})
		inner = NewHost(GinkgoTB())
		for _, h := range []*Host{target, inner} {
			box.Join(GinkgoTB(), h.PID())
			DeferCleanup(h.End) // before the box is removed
		}
	})

	// inject delays the container. Its first process is that of a host.
	inject := func(ctx SpecContext, first int) (injected, error) {
		GinkgoHelper()
		q := request(target, fault.Delay(delay), fault.Filter{}, "")
		q.Target = injector.Target{ID: box.Name, Name: "shop", PID: first}
		return newAgent().inject(ctx, q)
	}
	expectOnTarget := func(i injected, elsewhere int) {
		GinkgoHelper()
		Expect(ping(client, TargetIP, 2)).To(HaveEach(BeNumerically(">=", delay)))
		Expect(i.Attestation().Notes).To(ContainElement(fmt.Sprintf("the fault does not reach process %d (cat), in another network namespace", elsewhere)))
		i.revert()
	}
	lead := func() {
		GinkgoHelper()
		target.Lay("inner", inner)
		target.Address("inner", "10.99.0.1/24")
		inner.Address("inner", "10.99.0.2/24")
	}

	It("has the namespace of the engine's link, wherever its first process has gone", func(ctx SpecContext) {
		i, err := inject(ctx, inner.PID())
		Expect(err).NotTo(HaveOccurred())
		expectOnTarget(i, inner.PID())
	})

	It("has it although the other one has a link to it", func(ctx SpecContext) {
		lead()
		i, err := inject(ctx, inner.PID())
		Expect(err).NotTo(HaveOccurred())
		expectOnTarget(i, inner.PID())
	})

	It("has it beside a container in the container", func(ctx SpecContext) {
		lead()
		i, err := inject(ctx, target.PID())
		Expect(err).NotTo(HaveOccurred())
		expectOnTarget(i, inner.PID())
	})

	It("has it beside processes in the host's network, which are left alone", func(ctx SpecContext) {
		box.Start(GinkgoTB(), "sleep", "600")
		i, err := inject(ctx, target.PID())
		Expect(err).NotTo(HaveOccurred())
		Expect(i.Attestation().Notes).To(ContainElement(MatchRegexp(`^the fault does not reach process \d+ \((sh|sleep)\), in another network namespace$`)))
		expectOnTarget(i, inner.PID())
	})

	It("lives as long as any thread of its first process", func(ctx SpecContext) {
		var first *cgrouptest.Target
		Expect(target.Inside(func() error {
			first = box.Headless(GinkgoTB(), 0.01)
			return nil
		})).To(Succeed())
		inner.End()
		target.End()
		i, err := inject(ctx, first.PID)
		Expect(err).NotTo(HaveOccurred())
		Expect(ping(client, TargetIP, 2)).To(HaveEach(BeNumerically(">=", delay)))
		Expect(i.Evidence().TargetDied).To(BeFalse())
		first.Kill()
		Expect(i.Evidence().TargetDied).To(BeTrue())
		i.revert()
	})

	It("is not covered any more when its first process moves away", func(ctx SpecContext) {
		first := exec.Command("sh", "-c", fmt.Sprintf("read go; exec nsenter --net=%s cat", inner.NamespacePath()))
		in, err := first.StdinPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(target.Inside(first.Start)).To(Succeed())
		DeferCleanup(func() { _ = first.Process.Kill(); _ = first.Wait() })
		q := request(target, fault.Delay(delay), fault.Filter{}, "")
		q.Target.PID = first.Process.Pid
		i := newAgent().mustInject(ctx, q)
		Expect(i.Evidence().Gaps).To(BeEmpty())
		_, err = in.Write([]byte("go\n"))
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() []record.Gap { return i.Evidence().Gaps }, "20s").Should(And(HaveLen(1), HaveEach(And(HaveField("To", BeZero()), HaveField("Expected", false),
			HaveField("Text", "the target's first process has moved to another network namespace, which the fault does not reach")))))
		i.revert()
	})

	It("is refused when it has the host's network", func(ctx SpecContext) {
		_, err := inject(ctx, box.Start(GinkgoTB(), "sleep", "600").PID)
		Expect(err).To(MatchError("container shop has the host's network: a fault there would hit the whole machine: give it a network of its own"))
	})
})
