package injectortest

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// endsWithin is how soon a fault must have ended by itself. It includes the time
// that the test needs to look.
const endsWithin = 3 * time.Second

func revertedTwice(s *subject, f fault.Fault) {
	live, journal := s.live("1", f)
	a := live.Attestation()
	s.g.Expect(a.Path).To(MatchRegexp(s.answers().path))
	s.g.Expect(a.Readback).NotTo(BeEmpty())
	s.g.Expect(s.felt()).To(BeTrue(), "a live fault is felt")
	s.g.Eventually(func() record.Evidence { s.work(); return live.Evidence() }, "20s").Should(And(
		HaveField("Effective", true), HaveField("Summary", Not(BeEmpty())), HaveField("Counts", Not(BeEmpty())),
		HaveField("LeaseLapsed", false), HaveField("TargetDied", false), HaveField("Spoilt", BeEmpty())))
	s.reverted(live, journal)
	s.g.Eventually(s.felt, "20s").Should(BeFalse(), "a reverted fault is not felt")
	final := live.Evidence()
	s.g.Expect(journal.Unwind()).To(Succeed(), "a second time")
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(live.Evidence()).To(Equal(final), "it does not change any more")
	s.g.Expect(live.Renew(injector.In(time.Minute))).To(s.answers().renewedReverted)
	s.g.Expect(s.touched()).To(BeFalse())
}

func lapsed(s *subject, f fault.Fault) {
	live, journal := s.live("1", f)
	s.g.Expect(live.Renew(injector.In(500*time.Millisecond))).To(Succeed(), "the last renewal")
	s.g.Eventually(live.Evidence, "10s").Should(And(
		HaveField("LeaseLapsed", true), HaveField("Effective", false), HaveField("Summary", s.answers().lapsed)))
	s.g.Eventually(s.felt, endsWithin).Should(BeFalse(), "it ends by itself")
	s.g.Expect(live.Renew(injector.In(time.Minute))).To(s.answers().renewedLapsed)
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(live.Evidence().LeaseLapsed).To(BeTrue())
}

func renewed(s *subject, f fault.Fault) {
	live, journal := s.live("1", f)
	s.g.Expect(live.Renew(injector.In(2 * time.Second))).To(Succeed())
	for range 3 { // the newest one counts, however many arrive together
		s.g.Expect(live.Renew(injector.In(time.Minute))).To(Succeed())
	}
	s.g.Consistently(live.Evidence, "2500ms", "100ms").Should(HaveField("LeaseLapsed", false))
	s.g.Expect(s.touched()).To(BeTrue())
	s.g.Expect(s.felt()).To(BeTrue(), "a live fault is felt")
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
}

func targetDied(s *subject, f fault.Fault) {
	live, journal := s.live("1", f)
	s.killTarget()
	s.g.Eventually(live.Evidence, "10s").Should(And(HaveField("TargetDied", true), HaveField("LeaseLapsed", false)))
	s.g.Eventually(s.processes, endsWithin).Should(BeEmpty(), "workers leave by themselves")
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(live.Evidence().TargetDied).To(BeTrue())
}

func agentKilled(s *subject, f fault.Fault) {
	agent := s.agent(f)
	s.g.Expect(s.touched()).To(BeTrue())
	s.g.Expect(s.felt()).To(BeTrue(), "a live fault is felt")
	s.g.Expect(agent.Process.Kill()).To(Succeed())
	s.g.Eventually(s.felt, endsWithin).Should(BeFalse(), "it ends by itself")
	_ = agent.Wait()           // its error says that it was killed; until it has ended, what it claimed is claimed
	s.reverted(s.live("2", f)) // the next fault removes what may be left
}
