package scope_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// unable is an agent that cannot do any fault.
func unable(p wire.InjectParams) (record.Attestation, error) {
	return record.Attestation{}, &fault.UnsupportedError{What: "pause", Needs: "a freezer", Have: "there is none"}
}

func TestAnUnsupportedFaultFailsTheTestOrSkipsIt(t *testing.T) {
	const why = "pause: unsupported, because it needs a freezer, but there is none"
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	fake.Agent.OnInject = unable
	s.run(func() { sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))) })
	g.Expect(s.failures).To(ConsistOf(ContainSubstring(why)))
	g.Expect(s.skipped).To(BeEmpty())
	g.Expect(s.causes()).To(Equal([]record.Cause{record.ToolFailure}))

	s, fake, sc = newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	fake.Agent.OnInject = unable
	s.run(func() {
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db")), scope.OrSkip())
	})
	g.Expect(s.skipped).To(ContainSubstring(why))
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(s.causes()).To(BeEmpty())

	s, fake, sc = newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	fake.Agent.OnInject = func(wire.InjectParams) (record.Attestation, error) {
		return record.Attestation{}, errors.New("already paused")
	}
	s.run(func() {
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db")), scope.OrSkip())
	})
	g.Expect(s.skipped).To(BeEmpty(), "the fault is supported and failed for another reason")
	g.Expect(s.failures).To(HaveLen(1))
}

func TestTryInjectReturnsWhatInjectFailsWith(t *testing.T) {
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")), drivertest.NewTarget("dead", driver.State{ExitCode: 3}))
	s.run(func() {
		db, dead := sc.Attach(t.Context(), "db"), sc.Attach(t.Context(), "dead")
		_, err := sc.TryInject(t.Context(), fault.Pause(), scope.On())
		g.Expect(err).To(MatchError("inject pause: no target: say On(service)"))
		_, err = sc.TryInject(t.Context(), fault.Pause(), scope.On(dead))
		notRunning, ok := errors.AsType[*driver.NotRunningError](err)
		g.Expect(ok).To(BeTrue())
		g.Expect(notRunning.Name).To(Equal("dead"))
		fake.Agent.OnInject = unable
		_, err = sc.TryInject(t.Context(), fault.Pause(), scope.On(db))
		g.Expect(err).To(MatchError(fault.ErrUnsupported))
		fake.Agent.OnInject = nil
		hung, err := sc.TryInject(t.Context(), fault.Pause(), scope.On(db))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(hung.Active()).To(BeTrue())
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(s.causes()).To(BeEmpty())
}

// If a refused injection cannot be undone, the test fails even if it handles the error.
func TestARefusedInjectionThatCannotBeUndoneFailsTheTest(t *testing.T) {
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	fake.Agent.OnInject = unable
	fake.Agent.OnRevert = func(string) string { return "still frozen" }
	s.run(func() {
		_, err := sc.TryInject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db")))
		g.Expect(err).To(MatchError(fault.ErrUnsupported))
	})
	g.Expect(s.failures).To(ConsistOf(ContainSubstring("still frozen")))
	g.Expect(s.causes()).To(Equal([]record.Cause{record.ToolFailure}))
}
