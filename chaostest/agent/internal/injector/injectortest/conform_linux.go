package injectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// endsWithin is how soon a fault must have ended by itself. It includes the time
// that the test needs to look.
const endsWithin = 3 * time.Second

// Conform checks that a fault does what every fault on a cgroup must do.
func Conform(t *testing.T, handlers Handlers, f fault.Fault) {
	for name, check := range map[string]func(*site, fault.Fault){
		"reverted, twice":                  revertedTwice,
		"refused":                          refused,
		"canceled before it begins":        canceledBefore,
		"canceled at its first step":       canceledHalfWay,
		"not applied without an undo step": unwritten,
		"its lease lapses":                 lapsed,
		"the target dies":                  targetDied,
		"the agent is killed":              agentKilled,
		"applied twice":                    func(s *site, f fault.Fault) { overlapping(s, f, f) },
		"its lease is renewed":             renewed,
	} {
		t.Run(name, func(t *testing.T) { check(newSite(t, handlers), f) })
	}
	for _, entry := range fault.Catalogue {
		if _, network := entry.Example.(fault.Filterable); network || entry.Kind == f.Kind() {
			continue
		}
		t.Run("before a "+string(entry.Kind), func(t *testing.T) { overlapping(newSite(t, handlers), f, entry.Example) })
	}
}

func revertedTwice(s *site, f fault.Fault) {
	live, journal := s.live("1", f)
	a := live.Attestation()
	s.g.Expect(a.Path).To(MatchRegexp("^cgroup v[12]$"))
	s.g.Expect(a.Readback).NotTo(BeEmpty())
	s.g.Eventually(live.Evidence, "20s").Should(And(
		HaveField("Effective", true), HaveField("Summary", Not(BeEmpty())), HaveField("Counts", Not(BeEmpty())),
		HaveField("LeaseLapsed", false), HaveField("TargetDied", false), HaveField("Spoilt", BeEmpty())))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
	final := live.Evidence()
	s.g.Expect(journal.Unwind()).To(Succeed(), "a second time")
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(live.Evidence()).To(Equal(final), "it does not change any more")
	s.g.Expect(live.Renew(injector.In(time.Minute))).NotTo(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
}

func refused(s *site, f fault.Fault) {
	ended := s.box.Start(s.t, "true")
	ended.Kill()
	s.before = s.state()
	for want, change := range map[string]func(*injector.Request[fault.Fault]){
		"does not name the container": func(r *injector.Request[fault.Fault]) { r.Target.ID = "4f5e9a" },
		"there is no such process":    func(r *injector.Request[fault.Fault]) { r.Target.PID = ended.PID },
	} {
		r := s.request("1", f)
		change(&r)
		_, err := s.apply(s.t.Context(), r, injector.NewJournal(func(step string) error {
			s.t.Errorf("a step was about to be done: %s", step)
			return nil
		}))
		s.g.Expect(err).To(MatchError(And(ContainSubstring("shop: find cgroup of process "), ContainSubstring(want))))
		s.g.Expect(s.touched()).To(BeFalse())
	}
}

func canceledBefore(s *site, f fault.Fault) {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	journal := injector.NewJournal(nil)
	_, err := s.apply(ctx, s.request("1", f), journal)
	s.g.Expect(err).To(MatchError(context.Canceled))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
}

func canceledHalfWay(s *site, f fault.Fault) {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	journal := injector.NewJournal(func(string) error { cancel(); return nil })
	_, err := s.apply(ctx, s.request("1", f), journal)
	s.g.Expect(err).To(MatchError(context.Canceled))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
}

func unwritten(s *site, f fault.Fault) {
	_, err := s.apply(s.t.Context(), s.request("1", f), injector.NewJournal(func(string) error { return errors.New("disk full") }))
	s.g.Expect(err).To(MatchError(MatchRegexp(`^write undo step ".* shop" to the journal: disk full$`)))
	s.g.Expect(s.touched()).To(BeFalse())
}

func lapsed(s *site, f fault.Fault) {
	live, journal := s.live("1", f)
	s.g.Expect(live.Renew(injector.In(500*time.Millisecond))).To(Succeed(), "the last renewal")
	s.g.Eventually(live.Evidence, "10s").Should(And(
		HaveField("LeaseLapsed", true), HaveField("Effective", false), HaveField("Summary", ContainSubstring("its lease lapsed: the host fell silent"))))
	s.g.Eventually(s.touched, endsWithin).Should(BeFalse(), "it ends by itself")
	s.g.Expect(live.Renew(injector.In(time.Minute))).To(MatchError(And(HavePrefix("keep "), ContainSubstring("lease lapsed"))))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(live.Evidence().LeaseLapsed).To(BeTrue())
}

func renewed(s *site, f fault.Fault) {
	live, journal := s.live("1", f)
	s.g.Expect(live.Renew(injector.In(2 * time.Second))).To(Succeed())
	for range 3 { // the newest one counts, however many arrive together
		s.g.Expect(live.Renew(injector.In(time.Minute))).To(Succeed())
	}
	s.g.Consistently(live.Evidence, "2500ms", "100ms").Should(HaveField("LeaseLapsed", false))
	s.g.Expect(s.touched()).To(BeTrue())
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
}

func targetDied(s *site, f fault.Fault) {
	live, journal := s.live("1", f)
	if !cgrouptest.V2() {
		s.box.Set(s.t, "freezer", "freezer.state", "THAWED") // on v1 a frozen process does not even die
	}
	s.target.Kill()
	s.g.Eventually(live.Evidence, "10s").Should(And(HaveField("TargetDied", true), HaveField("LeaseLapsed", false)))
	s.g.Eventually(func() []int { return s.box.Processes(s.t) }, endsWithin).Should(BeEmpty(), "workers leave by themselves")
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(live.Prove()).To(Succeed())
	s.g.Expect(live.Evidence().TargetDied).To(BeTrue())
}

func agentKilled(s *site, f fault.Fault) {
	agent := s.agent(f)
	s.g.Expect(s.touched()).To(BeTrue())
	s.g.Expect(agent.Process.Kill()).To(Succeed())
	s.g.Eventually(s.touched, endsWithin).Should(BeFalse())
}

// overlapping applies a second fault while the first is live. If the second is
// refused, its error names the first, or what the first has already reached. If
// it is applied, it stays when the first is reverted.
func overlapping(s *site, first, second fault.Fault) {
	one, journal := s.live("one", first)
	with := s.state()
	another := injector.NewJournal(nil)
	two, err := s.apply(s.t.Context(), s.request("two", second), another)
	if err != nil {
		s.g.Expect(err).To(MatchError(Or(ContainSubstring(first.String()+", injection one: revert that injection first"), ContainSubstring(" is already "))))
		s.g.Expect(another.Unwind()).To(Succeed())
		s.g.Expect(s.state()).To(Equal(with), "it was left alone")
		s.g.Expect(one.Evidence().LeaseLapsed).To(BeFalse())
		s.g.Expect(journal.Unwind()).To(Succeed())
		s.g.Expect(one.Prove()).To(Succeed())
		return
	}
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(one.Prove()).To(Succeed())
	s.g.Expect(s.touched()).To(BeTrue(), "the other stays")
	s.g.Expect(two.Renew(injector.In(time.Minute))).To(Succeed())
	s.g.Expect(another.Unwind()).To(Succeed())
	s.g.Expect(two.Prove()).To(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
}
