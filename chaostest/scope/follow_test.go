package scope_test

import (
	"errors"
	"sync/atomic"
	"syscall"
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

// world is a spec that pauses db while others do something to it.
type world struct {
	*WithT
	s     *spec
	fake  *drivertest.Fake
	scope *scope.Scope
	db    *drivertest.FakeTarget
	on    *scope.Service
	pause *scope.Injection
	dead  atomic.Bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := drivertest.NewTarget("db", running("net", "10.0.0.2"))
	db.OnExec = func(...string) (int, string) { return 0, "" }
	s, fake, sc := newScope(t, db)
	w := &world{WithT: NewWithT(t), s: s, fake: fake, scope: sc, db: db, on: sc.Attach(t.Context(), "db")}
	fake.Agent.OnEvidence = func(string) record.Evidence {
		return record.Evidence{
			Effective: true, TargetDied: w.dead.Load(), Summary: "2 s",
			Counts: []record.Count{{Name: "frozen", Value: 2, Merge: record.Sum}},
		}
	}
	return w
}

func (w *world) happen(kind driver.EventKind, more ...func(*driver.Event)) {
	e := driver.Event{Kind: kind, ID: w.db.ID(), Name: "db"}
	for _, m := range more {
		m(&e)
	}
	w.fake.Happen(e)
}

func (w *world) signal(number syscall.Signal) {
	w.happen(driver.EventSignalled, func(e *driver.Event) {
		e.Signal, e.Stops = int(number), number == syscall.SIGTERM || number == syscall.SIGKILL
	})
}

func (w *world) exit(code int) {
	w.db.Become(driver.State{ExitCode: code})
	w.dead.Store(true)
	w.happen(driver.EventEnded, func(e *driver.Event) { e.ExitCode = code })
}

func (w *world) start() {
	w.db.Become(running("net", "10.0.0.2"))
	w.dead.Store(false)
	w.happen(driver.EventStarted)
}

func (w *world) recreate() {
	w.db.Recreate("another", running("net", "10.0.0.2"))
	w.dead.Store(false)
	w.happen(driver.EventStarted)
}

func (w *world) load(t *testing.T) {
	t.Helper()
	scope.Load(t.Context(), w.scope, probe.Exec(w.on, "true"), scope.PerSecond(100), scope.For(20*time.Millisecond))
}

func (w *world) reverted() { w.Eventually(w.fake.Agent.Reverted).Should(HaveLen(1)) }

func TestWhoEndedATargetIsAskedBeforeItIsBlamed(t *testing.T) {
	for name, c := range map[string]struct {
		options []scope.InjectOption
		body    func(t *testing.T, w *world)
		failure string // a part of it; empty for none
		outcome record.Outcome
		summary string // a part of what the record says
	}{
		"somebody stops it": {
			body: func(_ *testing.T, w *world) {
				w.signal(syscall.SIGTERM)
				w.reverted() // at once, and before it has ended
				w.exit(0)
			},
		},
		"somebody kills it": {
			body: func(_ *testing.T, w *world) { w.signal(syscall.SIGKILL); w.exit(137) },
		},
		"somebody sends a signal that it does not handle": {
			body: func(_ *testing.T, w *world) { w.signal(syscall.SIGHUP); w.exit(129) },
		},
		"somebody stops it, and the test goes on": {
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGTERM)
				w.reverted()
				w.load(t)
			},
			failure: "somebody stopped db through the engine: signal 15 at ", outcome: record.ToolFailed,
		},
		"somebody stops it, and the test judges a sample": {
			body: func(_ *testing.T, w *world) {
				w.signal(syscall.SIGTERM)
				w.reverted()
				w.on.Judged("p", "BeLive", "live", judgement(record.Violated))
			},
			failure: "and the test went on: say AcrossRestarts or UntilRestart if that is on purpose", outcome: record.ToolFailed,
		},
		"a signal that it handles changes nothing": {
			body: func(_ *testing.T, w *world) {
				w.signal(syscall.SIGHUP)
				w.Consistently(w.fake.Agent.Reverted, "50ms").Should(BeEmpty())
			},
		},
		"it ends by itself": {
			body:    func(_ *testing.T, w *world) { w.exit(3) },
			failure: "the container ended under the fault: 2 s; exit code 3", outcome: record.Violated,
		},
		"it ends by itself after a signal that it handled": {
			body:    func(_ *testing.T, w *world) { w.signal(syscall.SIGHUP); w.exit(3) },
			failure: "exit code 3", outcome: record.Violated,
		},
		"the kernel ends it": {
			body: func(_ *testing.T, w *world) {
				w.happen(driver.EventOutOfMemory)
				w.exit(137)
			},
			failure: "because its memory ran out", outcome: record.Violated,
		},
		"somebody pauses it": {
			body: func(t *testing.T, w *world) {
				w.happen(driver.EventPaused)
				w.Eventually(func() string { e, _ := w.pause.Evidence(t.Context()); return e.String() }).Should(ContainSubstring("paused"))
			},
			summary: "somebody paused db through the engine at ",
		},
		"it is restarted, and the test goes on": {
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGTERM)
				w.exit(0)
				w.start()
				w.reverted()
				w.load(t)
			},
			failure: "AcrossRestarts or UntilRestart", outcome: record.ToolFailed,
		},
		"across a restart": {
			options: []scope.InjectOption{scope.AcrossRestarts()},
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGTERM)
				w.exit(0)
				w.start()
				w.Eventually(w.fake.Agent.Injected).Should(HaveLen(2))
				w.load(t)
			},
			summary: "somebody stopped db through the engine: signal 15 at ",
		},
		"across a restart of its own, by a policy": {
			options: []scope.InjectOption{scope.AcrossRestarts()},
			body: func(t *testing.T, w *world) {
				w.exit(1)
				w.reverted()
				w.start()
				w.Eventually(w.fake.Agent.Injected).Should(HaveLen(2))
				w.load(t)
			},
			summary: "db ended by itself (exit code 1 at ",
		},
		"across a removal, when another container takes its place": {
			options: []scope.InjectOption{scope.AcrossRestarts()},
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGKILL)
				w.exit(137)
				w.db.Become(driver.State{Gone: true})
				w.happen(driver.EventRemoved)
				w.fake.Happen(driver.Event{Kind: driver.EventStarted, ID: "somebody-elses", Name: "other"})
				w.recreate()
				w.Eventually(w.fake.Agent.Injected).Should(HaveLen(2))
				w.Expect(w.fake.Agent.Injected()[1].TargetID).To(Equal("another"))
				w.load(t)
				w.happen(driver.EventPaused) // it is heard of
				w.Eventually(func() string { e, _ := w.pause.Evidence(t.Context()); return e.String() }).Should(ContainSubstring("paused"))
				w.Expect(w.scope.Attach(t.Context(), "db").Name()).To(Equal("db"), "it is the same service")
			},
			summary: "and another container was started in its place at ",
		},
		"it is removed, another takes its place, and the test goes on": {
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGKILL)
				w.exit(137)
				w.reverted()
				w.recreate()
				w.load(t)
				w.Expect(w.fake.Agent.Injected()).To(HaveLen(1))
			},
			failure: "AcrossRestarts or UntilRestart", outcome: record.ToolFailed,
		},
		"it ends by itself, and another takes its place": {
			body: func(_ *testing.T, w *world) {
				w.exit(3)
				w.recreate()
				w.dead.Store(true)
			},
			failure: "exit code 3", outcome: record.Violated,
		},
		"until a removal": {
			options: []scope.InjectOption{scope.UntilRestart()},
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGKILL)
				w.exit(137)
				w.reverted()
				w.recreate()
				w.load(t)
				w.Expect(w.fake.Agent.Injected()).To(HaveLen(1))
			},
		},
		"across restarts, it ends by itself and stays so": {
			options: []scope.InjectOption{scope.AcrossRestarts()},
			body: func(_ *testing.T, w *world) {
				w.exit(1)
				w.reverted()
			},
			failure: "exit code 1", outcome: record.Violated,
		},
		"across restarts, somebody stops it and it stays so": {
			options: []scope.InjectOption{scope.AcrossRestarts()},
			body:    func(t *testing.T, w *world) { w.signal(syscall.SIGTERM); w.exit(0); w.reverted(); w.load(t) },
		},
		"until a restart": {
			options: []scope.InjectOption{scope.UntilRestart()},
			body: func(t *testing.T, w *world) {
				w.signal(syscall.SIGTERM)
				w.exit(0)
				w.start()
				w.reverted()
				w.load(t)
				w.Expect(w.fake.Agent.Injected()).To(HaveLen(1))
			},
		},
		"until it ends by itself": {
			options: []scope.InjectOption{scope.UntilRestart()},
			body:    func(_ *testing.T, w *world) { w.exit(1); w.reverted() },
			summary: "db ended by itself (exit code 1 at ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.s.run(func() {
				w.pause = w.scope.Inject(t.Context(), fault.Pause(), scope.On(w.on), c.options...)
				w.Eventually(w.fake.Watched).Should(Equal(1))
				c.body(t, w)
			})
			records := injectionsIn(w.WithT, w.s)
			w.Expect(records).To(HaveLen(1))
			w.Expect(records[0].Evidence.Summary).To(ContainSubstring(c.summary))
			w.Eventually(w.fake.Watched).Should(BeZero(), "the stream of events ends with the last fault")
			if c.failure == "" {
				w.Expect(w.s.failures).To(BeEmpty())
				return
			}
			w.Expect(w.s.failures).To(ConsistOf(ContainSubstring(c.failure)))
			w.Expect(w.s.marks).To(ConsistOf(HaveField("Outcome", c.outcome)))
		})
	}
}

// The stream may be late, or broken at the wrong moment.
func TestNoEventIsLost(t *testing.T) {
	w := newWorld(t)
	w.s.run(func() {
		w.scope.Inject(t.Context(), fault.Pause(), scope.On(w.on))
		w.Eventually(w.fake.Watched).Should(Equal(1))
		w.fake.BreakEvents()
		w.Eventually(w.fake.Watched).Should(BeZero())
		w.signal(syscall.SIGKILL)
		w.exit(137)
	})
	w.Expect(w.s.failures).To(BeEmpty(), "the events are read again before anyone is blamed")
	w.Expect(injectionsIn(w.WithT, w.s)[0].Evidence.StoppedBy).To(HavePrefix("somebody stopped db through the engine: signal 9 at "))

	w = newWorld(t)
	w.s.run(func() {
		w.scope.Inject(t.Context(), fault.Pause(), scope.On(w.on))
		w.Eventually(w.fake.Watched).Should(Equal(1))
		w.fake.BreakEvents()
		w.Eventually(w.fake.Watched).Should(BeZero())
		w.signal(syscall.SIGTERM)
		w.reverted() // after the stream was opened again
		w.Consistently(w.fake.Agent.Reverted, "100ms").Should(HaveLen(1))
	})
	w.Expect(w.s.failures).To(BeEmpty())
}

func TestAFaultAcrossRestartsHasTheEvidenceOfAllLives(t *testing.T) {
	w := newWorld(t)
	w.s.run(func() {
		pause := w.scope.Inject(t.Context(), fault.Pause(), scope.On(w.on), scope.AcrossRestarts())
		w.signal(syscall.SIGTERM)
		w.reverted()
		w.Expect(pause.Active()).To(BeTrue(), "it waits for the container")
		w.start()
		w.Eventually(w.fake.Agent.Injected).Should(HaveLen(2))
		ids := []string{w.fake.Agent.Injected()[0].ID, w.fake.Agent.Injected()[1].ID}
		w.Expect(ids[0]).NotTo(Equal(ids[1]), "an agent takes an ID once")
		pause.Revert(t.Context())
		w.Expect(w.fake.Agent.Reverted()).To(Equal(ids))
	})
	w.Expect(w.s.failures).To(BeEmpty())
	e := injectionsIn(w.WithT, w.s)[0].Evidence
	w.Expect(e.Value("frozen")).To(Equal(record.Float(4)))
	w.Expect(e.Gaps).To(ConsistOf(And(HaveField("Expected", true), HaveField("To", BeNumerically(">", 0)))))
}

func TestOfTwoTargetsOnlyTheOneThatWasStoppedLosesTheFault(t *testing.T) {
	g := NewWithT(t)
	a, b := drivertest.NewTarget("a", running("net", "10.0.0.2")), drivertest.NewTarget("b", running("net", "10.0.0.3"))
	s, fake, sc := newScope(t, a, b)
	s.run(func() {
		pause := sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "a"), sc.Attach(t.Context(), "b")))
		fake.Happen(driver.Event{Kind: driver.EventSignalled, ID: a.ID(), Signal: 15, Stops: true})
		g.Eventually(fake.Agent.Reverted).Should(HaveLen(1))
		g.Expect(pause.Active()).To(BeTrue())
		fake.Happen(driver.Event{Kind: driver.EventSignalled, ID: b.ID(), Signal: 15, Stops: true})
		g.Eventually(pause.Active).Should(BeFalse())
		at, _ := pause.Ended()
		g.Expect(at).To(BeTemporally("~", time.Now(), time.Minute))
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(fake.Agent.Reverted()).To(HaveLen(2))
}

func TestRestartsAreExpectedInOneWay(t *testing.T) {
	w := newWorld(t)
	w.s.run(func() {
		w.scope.Inject(t.Context(), fault.Pause(), scope.On(w.on), scope.AcrossRestarts(), scope.UntilRestart())
	})
	w.Expect(w.s.failures).To(ConsistOf("inject pause: UntilRestart contradicts AcrossRestarts: say one of them"))
}

// A target that ends while a fault is injected has not failed the tool.
func TestATargetThatEndsDuringTheInjectionIsAFinding(t *testing.T) {
	w := newWorld(t)
	w.fake.Agent.OnInject = func(wire.InjectParams) (record.Attestation, error) {
		w.db.Become(driver.State{ExitCode: 1})
		return record.Attestation{}, errors.New("no process of the container is left")
	}
	w.s.run(func() { w.scope.Inject(t.Context(), fault.Pause(), scope.On(w.on)) })
	w.Expect(w.s.failures).To(ConsistOf(ContainSubstring("container db does not run (exit code 1)")))
	w.Expect(w.s.causes()).To(BeEmpty())
}
