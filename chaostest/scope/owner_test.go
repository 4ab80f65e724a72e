package scope_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// decodeAll are the entries of one kind in the spec's report, as a reader decodes them.
func decodeAll[R record.Injection | record.Window](g *WithT, s *spec, of func(R) bool) []R {
	var all []R
	for _, e := range s.entries {
		encoded, err := json.Marshal(e)
		g.Expect(err).NotTo(HaveOccurred())
		r, err := record.Decode[R](nil, string(encoded))
		g.Expect(err).NotTo(HaveOccurred())
		if of(r) {
			all = append(all, r)
		}
	}
	return all
}

func injectionsIn(g *WithT, s *spec) []record.Injection {
	return decodeAll(g, s, func(i record.Injection) bool { return i.Fault != "" })
}

func windowsIn(g *WithT, s *spec) []record.Window {
	return decodeAll(g, s, func(w record.Window) bool { return w.Probe != "" })
}

// A suite removes its containers after the body of a spec and before its cleanups.
func TestLoadsAndFaultsEndWithTheBody(t *testing.T) {
	g := NewWithT(t)
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	db.OnExec = func(...string) (int, string) { return 0, "" }
	s, fake, sc := newScope(t, db)
	s.run(func() {
		service := sc.Attach(t.Context(), "db")
		seen := scope.Watch(t.Context(), sc, probe.Exec(service, "true"), scope.PerSecond(100))
		pause := sc.Inject(t.Context(), fault.Pause(), scope.On(service))
		g.Eventually(seen.Window).Should(HaveField("Record().Count", BeNumerically(">", 2)))

		sc.End(scope.Group)
		sc.End(scope.Suite)
		g.Expect(pause.Active()).To(BeTrue(), "others do not own it")
		sc.End(scope.Test)
		g.Expect(fake.Agent.Reverted()).To(HaveLen(1))
		g.Expect(pause.Active()).To(BeFalse())
		window, err := seen.Window()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(window.Final()).To(BeTrue(), "a load sees nothing of the teardown")
		evidence, err := pause.Evidence(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(evidence.Record().Reverted).To(BeTrue(), "a matcher in a teardown asks for the final evidence")
		at, _ := pause.Ended()
		g.Expect(at).NotTo(BeZero(), "and for the time of the end")
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(fake.Agent.Reverted()).To(HaveLen(1), "the cleanups find nothing to do")
}

func TestAFailedRevertDoesNotKeepOtherFaultsAlive(t *testing.T) {
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	fake.Agent.OnRevert = func(string) string { return "still there" }
	s.fatal = true
	s.run(func() {
		db := sc.Attach(t.Context(), "db")
		sc.Inject(t.Context(), fault.Pause(), scope.On(db))
		sc.Inject(t.Context(), fault.Pause(), scope.On(db))
		sc.End(scope.Test)
	})
	g.Expect(fake.Agent.Reverted()).To(HaveLen(2))
	g.Expect(s.failures).To(HaveLen(2), "each is said once: %q", s.failures)
}

// Containers of the test are removed by cleanups. Under testing.T nothing else ends the
// faults on other containers, whose peers these may be.
func TestFaultsEndBeforeAnyContainerOfTheTestIsRemoved(t *testing.T) {
	g := NewWithT(t)
	s, fake, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	var reverted int
	s.run(func() {
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db")))
		sc.Run(t.Context(), starter{
			target:  drivertest.NewTarget("made", driver.State{Running: true}),
			removed: func() { reverted = len(fake.Agent.Reverted()) },
		})
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(reverted).To(Equal(1))
}

func TestAFaultOfTheSuiteIsInEverySpec(t *testing.T) {
	g := NewWithT(t)
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	db.OnExec = func(...string) (int, string) { return 0, "" }
	s, fake, sc := newScope(t, db)
	s.end()

	*s = spec{owner: scope.Suite} // BeforeSuite has no name
	service := sc.Attach(t.Context(), "db")
	pause := sc.Inject(t.Context(), fault.Pause(), scope.On(service))
	g.Expect(injectionsIn(g, s)).To(HaveLen(1))
	suite := *s
	fake.Agent.OnEvidence = func(string) record.Evidence {
		return record.Evidence{Effective: true, Summary: "at the end"}
	}

	for _, name := range []string{"first", "second"} {
		*s = spec{name: name}
		s.run(func() {
			scope.Load(t.Context(), sc, probe.Exec(service, "true"), scope.PerSecond(100), scope.For(50*time.Millisecond))
			sc.Inject(t.Context(), fault.CPUBurn(0.5), scope.On(service))
			sc.End(scope.Test)
		})
		g.Expect(s.failures).To(BeEmpty())
		g.Expect(pause.Active()).To(BeTrue())
		g.Expect(injectionsIn(g, s)).To(ConsistOf(HaveField("Kind", "pause"), HaveField("Kind", "cpu-burn")), name)
		g.Expect(windowsIn(g, s)).To(ConsistOf(HaveField("Faults", []string{"pause on db"})), name)
	}
	*s = spec{name: "a spec that uses no word"}
	s.run(func() { sc.End(scope.Test) })
	g.Expect(injectionsIn(g, s)).To(ConsistOf(HaveField("Kind", "pause")))

	*s = spec{owner: scope.Suite, cleanups: suite.cleanups}
	s.end()
	g.Expect(fake.Agent.Reverted()).To(HaveLen(3))
	g.Expect(injectionsIn(g, s)).To(ConsistOf(And(HaveField("Reverted", true), HaveField("Evidence.Summary", "at the end"))),
		"the final evidence is in the report of the node that reverts it")
}

// With parallel processes, the report of a spec is written at its end.
func TestALoadOfAGroupIsInTheReportOfEverySpec(t *testing.T) {
	g := NewWithT(t)
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	db.OnExec = func(...string) (int, string) { return 0, "" }
	s, _, sc := newScope(t, db)
	s.end()
	*s = spec{name: "first", owner: scope.Group} // BeforeAll
	seen := scope.Watch(t.Context(), sc, probe.Exec(sc.Attach(t.Context(), "db"), "true"), scope.PerSecond(200))
	group := s.cleanups
	s.owner, s.cleanups = scope.Test, nil
	s.run(func() { sc.End(scope.Test) })
	first := windowsIn(g, s)
	g.Expect(first).To(HaveLen(1))
	for _, name := range []string{"second", "third"} {
		*s = spec{name: name}
		s.run(func() {
			sc.End(scope.Test)
			g.Eventually(func() int { w, _ := seen.Window(); return w.N() }).Should(BeNumerically(">", first[0].Count+3))
			if name == "third" {
				sc.End(scope.Group)
			}
		})
		g.Expect(windowsIn(g, s)).To(ConsistOf(HaveField("Spec", "first")), name)
	}
	last := windowsIn(g, s)[0]
	g.Expect(last.Count).To(BeNumerically(">", first[0].Count), "the last record has all samples")
	s.cleanups = group
	s.end()
	g.Expect(windowsIn(g, s)).To(HaveLen(1))
}

func TestAWindowNamesTheFaultsThatWereLiveDuringIt(t *testing.T) {
	g := NewWithT(t)
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	db.OnExec = func(...string) (int, string) { return 0, "" }
	s, fake, sc := newScope(t, db)
	s.run(func() {
		service := sc.Attach(t.Context(), "db")
		before := sc.Inject(t.Context(), fault.Pause(), scope.On(service))
		before.Revert(t.Context())
		atStart := sc.Inject(t.Context(), fault.CPUBurn(0.1), scope.On(service))
		seen := scope.Watch(t.Context(), sc, probe.Exec(service, "true"), scope.PerSecond(100))
		atStart.Revert(t.Context())
		sc.Inject(t.Context(), fault.CPUBurn(0.2), scope.On(service)).Revert(t.Context())
		fake.Agent.OnInject = func(wire.InjectParams) (record.Attestation, error) {
			return record.Attestation{}, errors.New("refused")
		}
		_, err := sc.TryInject(t.Context(), fault.CPUBurn(0.3), scope.On(service))
		g.Expect(err).To(MatchError(ContainSubstring("refused")))
		fake.Agent.OnInject = nil
		seen.Stop()
		window, err := seen.Wait(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
		g.Eventually(time.Now).Should(BeTemporally(">", window.Record().End))
		sc.Inject(t.Context(), fault.CPUBurn(0.4), scope.On(service))
	})
	g.Expect(s.failures).To(BeEmpty())
	windows := windowsIn(g, s)
	g.Expect(windows).To(HaveLen(1))
	slices.Sort(windows[0].Faults)
	g.Expect(windows[0].Faults).To(Equal([]string{"CPU burn to 10 % of the quota on db", "CPU burn to 20 % of the quota on db"}))
}

// starter starts a container that calls a function when it is removed.
type starter struct {
	target  *drivertest.FakeTarget
	removed func()
}

func (s starter) String() string { return "made" }

func (s starter) Start(context.Context, driver.Driver) (driver.Started, error) {
	return made{s.target, s.removed}, nil
}

type made struct {
	*drivertest.FakeTarget
	removed func()
}

func (m made) Remove(context.Context) error {
	m.removed()
	return nil
}
