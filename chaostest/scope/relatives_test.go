package scope_test

import (
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// parent is a test with a live fault, and with scopes of other tests beside it.
type parent struct {
	*WithT
	spec  *spec
	fake  *drivertest.Fake
	scope *scope.Scope
	pause *scope.Injection
}

func newParent(t *testing.T) *parent {
	t.Helper()
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	db.OnExec = func(...string) (int, string) { return 0, "" }
	s, fake, sc := newScope(t, db)
	return &parent{WithT: NewWithT(t), spec: s, fake: fake, scope: sc}
}

func (p *parent) inject(t *testing.T) {
	t.Helper()
	p.pause = p.scope.Inject(t.Context(), fault.Pause(), scope.On(p.scope.Attach(t.Context(), "db")))
}

// run runs another test with a scope of its own.
func (p *parent) run(t *testing.T, name string, body func(*scope.Scope, probe.Probe)) *spec {
	t.Helper()
	s := &spec{name: name}
	sc := scope.New(s, p.fake.Connect)
	s.run(func() { body(sc, probe.Exec(sc.Attach(t.Context(), "db"), "true")) })
	p.Expect(s.failures).To(BeEmpty())
	return s
}

func TestTheFaultsOfATestAreThoseOfItsSubtests(t *testing.T) {
	p := newParent(t)
	load := func(sc *scope.Scope, look probe.Probe) {
		scope.Load(t.Context(), sc, look, scope.PerSecond(100), scope.For(30*time.Millisecond))
	}
	p.spec.run(func() {
		p.inject(t)
		for name, faults := range map[string][]string{
			t.Name() + "/sub":      {"pause on db"},
			t.Name() + "/sub/deep": {"pause on db"},
			t.Name():               {"pause on db"}, // another scope of the same test
			t.Name() + "More":      nil,
			"TestOther":            nil,
		} {
			sub := p.run(t, name, load)
			p.Expect(windowsIn(p.WithT, sub)).To(ConsistOf(HaveField("Faults", faults)), name)
		}
		p.pause.Revert(t.Context())
		p.Expect(windowsIn(p.WithT, p.run(t, t.Name()+"/sub", load))).To(ConsistOf(HaveField("Faults", BeEmpty())))
	})
	p.Expect(p.spec.failures).To(BeEmpty())
}

func TestALoadOfATestIsUnderTheFaultsOfItsSubtests(t *testing.T) {
	p := newParent(t)
	p.spec.run(func() {
		seen := scope.Watch(t.Context(), p.scope, probe.Exec(p.scope.Attach(t.Context(), "db"), "true"), scope.PerSecond(100))
		p.run(t, t.Name()+"/sub", func(sc *scope.Scope, _ probe.Probe) {
			sc.Inject(t.Context(), fault.CPUBurn(0.1), scope.On(sc.Attach(t.Context(), "db")))
		})
		p.run(t, "TestOther", func(sc *scope.Scope, _ probe.Probe) {
			sc.Inject(t.Context(), fault.CPUBurn(0.2), scope.On(sc.Attach(t.Context(), "db")))
		})
		p.Eventually(seen.Window).Should(HaveField("Record().Count", BeNumerically(">", 2)))
	})
	p.Expect(p.spec.failures).To(BeEmpty())
	p.Expect(windowsIn(p.WithT, p.spec)).To(ConsistOf(HaveField("Faults", []string{"CPU burn to 10 % of the quota on db"})))
}

// A test that measures in its subtests goes on measuring.
func TestASubtestReliesOnTheFaultOfItsTest(t *testing.T) {
	for name, relies := range map[string]bool{"/sub": true, "Other": false} {
		p := newParent(t)
		p.spec.run(func() {
			p.inject(t)
			p.Eventually(p.fake.Watched).Should(Equal(1))
			p.fake.Happen(driver.Event{Kind: driver.EventSignalled, ID: "id-of-db", Signal: int(syscall.SIGTERM), Stops: true})
			p.Eventually(p.fake.Agent.Reverted).Should(HaveLen(1))
			p.run(t, t.Name()+name, func(sc *scope.Scope, look probe.Probe) {
				scope.Load(t.Context(), sc, look, scope.PerSecond(100), scope.For(20*time.Millisecond))
			})
		})
		if !relies {
			p.Expect(p.spec.failures).To(BeEmpty())
			continue
		}
		p.Expect(p.spec.failures).To(ConsistOf(ContainSubstring("and the test went on")))
		p.Expect(p.spec.causes()).To(ConsistOf(record.ToolFailure))
	}
}
