package injectortest

import (
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// These are for faults on packets, whose site is a network namespace.

// removed deletes what holds the fault's classifiers. They come back, and the evidence says
// that they were gone.
func removed(s *subject, f fault.Fault) {
	live, journal := s.live("1", f)
	s.network().host.Must("tc", "qdisc", "del", "dev", "eth0", "clsact")
	s.g.Eventually(func() []record.Gap { live.Verify(); return live.Evidence().Gaps }, "20s").Should(And(HaveLen(1), HaveEach(And(
		HaveField("To", Not(BeZero())), HaveField("Expected", false), HaveField("Text", ContainSubstring("somebody else has changed that"))))))
	s.g.Expect(s.felt()).To(BeTrue(), "it is put back")
	s.reverted(live, journal)
	s.g.Expect(live.Evidence().Gaps).To(HaveLen(1))
}

// reconnected takes the target's network away and brings another one.
func reconnected(s *subject, f fault.Fault) {
	journal := injector.NewJournal(nil)
	request := s.request("1", f)
	request.ComeAndGo = true
	live, err := s.apply(s.t.Context(), request, journal)
	s.g.Expect(err).NotTo(HaveOccurred())
	packets := func() record.Float { s.work(); return live.Evidence().Value("packets") }
	s.g.Eventually(packets, "20s").Should(BeNumerically(">", 0))
	network := s.network()
	network.host.Must("ip", "link", "del", "eth0")
	s.g.Eventually(live.Evidence, "20s").Should(HaveField("Gaps", ContainElement(
		HaveField("Text", Equal("eth0 has left; no link of the target has the fault")))))
	before := live.Evidence().Value("packets")
	network.host.Lay("eth0", network.client)
	network.host.Address("eth0", networktest.TargetIP+"/24")
	network.client.Address("eth0", networktest.ClientIP+"/24")
	s.g.Eventually(packets, "20s").Should(BeNumerically(">", before), "it is on the new link, and the old counts stay")
	s.g.Expect(live.Evidence().Gaps).To(HaveEach(And(HaveField("To", Not(BeZero())), HaveField("Expected", true))))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
	network.before = network.host.State()
	s.g.Expect(network.before).NotTo(Or(ContainSubstring("clsact"), ContainSubstring("chaosgate")))
}

// metAnother applies the fault again from another agent. Both agree on one, or live side by
// side where one agent would allow it.
func metAnother(s *subject, f fault.Fault) {
	one, journal := s.live("one", f)
	other := *s
	other.handlers = s.another()
	second := injector.NewJournal(nil)
	two, err := other.apply(s.t.Context(), s.request("two", f), second)
	if one.Attestation().Path != "bpf" {
		s.g.Expect(err).To(MatchError(ContainSubstring("injection one (" + f.String())))
		s.g.Expect(err).To(MatchError(ContainSubstring("on this target, which another test process holds")))
		s.g.Expect(second.Unwind()).To(Succeed())
		s.reverted(one, journal)
		two, second = other.live("two", f)
		other.reverted(two, second)
		return
	}
	s.g.Expect(err).NotTo(HaveOccurred())
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(one.Prove()).To(Succeed())
	s.g.Expect(s.felt()).To(BeTrue(), "the other stays")
	other.reverted(two, second)
}
