package scope_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// showing is a spec of a framework that shows logs.
type showing struct {
	*spec
	logs    []record.Logs
	attempt string
	started time.Time
}

func (s *showing) Run() string { return s.attempt }

// Started is now, unless the test says otherwise.
func (s *showing) Started() time.Time {
	if s.started.IsZero() {
		return time.Now()
	}
	return s.started
}

func (s *showing) ShowFailed(_ string, logs record.Logs) { s.logs = append(s.logs, logs) }

// small is a shop that asks a database, and a container that has nothing to do with it.
func small(t *testing.T) (db, shop, idle *drivertest.FakeTarget, fake *drivertest.Fake) {
	db, shop = drivertest.NewTarget("db", running("net", "10.0.0.2")), drivertest.NewTarget("shop", running("net", "10.0.0.3"))
	idle = drivertest.NewTarget("idle", running("net", "10.0.0.4"))
	shop.OnExec = func(...string) (int, string) { return 0, "" }
	fake = drivertest.NewFake(db, shop, idle)
	t.Cleanup(fake.Agent.Die)
	return db, shop, idle, fake
}

// service is the log of one service in a test's only logs.
func (s *showing) service(g *WithT, name string) record.Log {
	g.Expect(s.logs).To(HaveLen(1))
	for _, log := range s.logs[0].Services {
		if log.Service == name {
			return log
		}
	}
	g.Fail("there is no log of " + name)
	return record.Log{}
}

func TestAFailedTestShowsTheLogsOfWhatItHasToDoWith(t *testing.T) {
	for _, fails := range []bool{true, false} {
		g := NewWithT(t)
		db, shop, idle, fake := small(t)
		s := &showing{spec: &spec{name: t.Name()}}
		db.Say("before the test")
		sc := scope.New(s, fake.Connect)
		s.run(func() {
			for _, target := range []*drivertest.FakeTarget{db, shop, idle} {
				target.Say("calm")
			}
			sc.Attach(t.Context(), "idle")
			slow := sc.Inject(t.Context(), fault.Delay(time.Second), scope.On(sc.Attach(t.Context(), "db")), scope.Between(sc.Attach(t.Context(), "shop")))
			scope.Load(t.Context(), sc, probe.Exec(sc.Attach(t.Context(), "shop"), "look"), scope.PerSecond(50), scope.For(20*time.Millisecond))
			shop.Say("\x1b[31mthe database is late\x1b[0m")
			slow.Revert(t.Context())
			shop.Say("calm again")
			if fails {
				s.Fatalf("too slow")
			}
		})
		if !fails {
			g.Expect(s.logs).To(BeEmpty())
			continue
		}
		g.Expect(s.failures).To(Equal([]string{"too slow"}))
		g.Expect(s.logs).To(HaveLen(1))
		g.Expect(s.logs[0].Spec).To(Equal(t.Name()))
		g.Expect(s.logs[0].Services).To(HaveLen(2), "idle has nothing to do with it")
		g.Expect(s.service(g, "db").Roles).To(Equal([]record.Role{record.Targeted}))
		g.Expect(s.service(g, "db").Lines).To(HaveLen(1), "what it wrote before the test does not count")
		of := s.service(g, "shop")
		g.Expect(of.Roles).To(Equal([]record.Role{record.Peered, record.Probed}))
		g.Expect(strings.Join(of.Texts(), "\n")).To(MatchRegexp(`^shop \(peer, probed\) wrote since the spec began at [0-9:.]+:
  [0-9:.]+ calm
  [0-9:.]+ --- began: delay 1s on db, egress to shop
  [0-9:.]+ the database is late
  [0-9:.]+ --- ended: delay 1s on db, egress to shop
  [0-9:.]+ calm again$`))
		g.Expect(s.logged).To(BeEmpty())
	}
}

// A test that fails because its fault touched nothing fails at the end, when it is reverted.
func TestATestThatFailsAtItsEndShowsTheLogsBeforeItsContainersAreRemoved(t *testing.T) {
	g := NewWithT(t)
	db, _, _, fake := small(t)
	s := &showing{spec: &spec{name: t.Name()}}
	sc := scope.New(s, fake.Connect)
	fake.Agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Summary: "no packet matched"} }
	s.run(func() {
		started := sc.Run(t.Context(), starter{db, func() { db.Become(driver.State{Gone: true}) }})
		sc.Inject(t.Context(), fault.Delay(time.Second), scope.On(started))
		db.Say("not hit at all")
	})
	g.Expect(s.failures).To(HaveLen(1))
	of := s.service(g, "db")
	g.Expect(of.Lines).To(HaveLen(1))
	g.Expect(of.Faults).To(HaveLen(1))
	g.Expect(of.Faults[0].To.IsZero()).To(BeFalse(), "it has ended")
}

func TestAPlainTestLogsTheLogs(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() {
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))).Revert(t.Context())
		s.Fatalf("too slow")
	})
	g.Expect(s.logged).To(ConsistOf(MatchRegexp(`^db \(target\) wrote nothing since the spec began at `)))
}

// What cannot be read is said, and holds nothing up.
func TestALogThatCannotBeReadIsSaid(t *testing.T) {
	for want, spoil := range map[string]func(*drivertest.FakeTarget){
		"container db is gone (exit code 3)": func(db *drivertest.FakeTarget) { db.Become(driver.State{Gone: true, ExitKnown: true, ExitCode: 3}) },
		"no such driver": func(db *drivertest.FakeTarget) {
			db.OnLogs = func(context.Context) error { return errors.New("no\nsuch   driver") }
		},
		"it could not be read within 5s": func(db *drivertest.FakeTarget) {
			db.OnLogs = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			db, shop, _, fake := small(t)
			s := &showing{spec: &spec{name: t.Name()}}
			sc := scope.New(s, fake.Connect)
			s.run(func() {
				sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"), sc.Attach(t.Context(), "shop"))).Revert(t.Context())
				shop.Say("still here")
				spoil(db)
				s.Fatalf("too slow")
			})
			g.Expect(s.service(g, "db").Missing).To(ContainSubstring(want))
			g.Expect(s.service(g, "db").Texts()).To(ConsistOf(ContainSubstring("no log: ")))
			g.Expect(s.service(g, "shop").Lines).To(HaveLen(1), "the others are there")
		})
	}
}

func TestALongLogIsBounded(t *testing.T) {
	g := NewWithT(t)
	db, _, _, fake := small(t)
	s := &showing{spec: &spec{name: t.Name()}}
	sc := scope.New(s, fake.Connect)
	s.run(func() {
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))).Revert(t.Context())
		for n := range 3000 {
			db.Say(fmt.Sprint(n, strings.Repeat(" long", 1000)))
		}
		s.Fatalf("too slow")
	})
	of := s.service(g, "db")
	g.Expect(of.Lines).To(HaveLen(20))
	g.Expect([]rune(of.Lines[0].Text)).To(HaveLen(300))
	g.Expect(of.Lines[0].LeftOut).To(Equal(1980))
	g.Expect(of.Lines[0].More).To(BeTrue())
	g.Expect(of.Lines[19].Text).To(HavePrefix("2999 "))
}

// Each attempt at a spec shows its own logs, and a spec those of the loads that it has
// inherited, but not those of what an earlier spec had to do with.
func TestASpecShowsNoLogsOfAnEarlierSpec(t *testing.T) {
	g := NewWithT(t)
	db, shop, _, fake := small(t)
	s := &showing{spec: &spec{name: "first"}}
	sc := scope.New(s, fake.Connect)
	s.owner = scope.Group
	guarded(func() {
		scope.Watch(t.Context(), sc, probe.Exec(sc.Attach(t.Context(), "shop"), "look"), scope.PerSecond(20))
		s.owner = scope.Test
		sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))).Revert(t.Context())
		db.Say("of the first")
		s.Fatalf("too slow")
	})
	sc.End(scope.Test)
	sc.ShowLogs()
	sc.ShowLogs()
	g.Expect(s.logs).To(HaveLen(1), "once")
	g.Expect(s.logs[0].Services).To(HaveLen(2))

	s.name, s.failures, s.logs = "second", nil, nil
	guarded(func() {
		sc.Attach(t.Context(), "idle")
		shop.Say("of the second")
		s.Fatalf("too slow again")
	})
	sc.End(scope.Test)
	sc.ShowLogs()
	g.Expect(s.logs).To(HaveLen(1))
	g.Expect(s.logs[0].Services).To(HaveLen(1))
	g.Expect(s.service(g, "shop").Lines).To(HaveLen(1))
	sc.End(scope.Group)
	s.end()
}

// A spec may use its first word late. Another attempt at it has only its own lines.
func TestLogsBeginWithTheTestAndItsAttempt(t *testing.T) {
	g := NewWithT(t)
	db, _, _, fake := small(t)
	s := &showing{spec: &spec{name: "earlier"}, attempt: "1"}
	sc := scope.New(s, fake.Connect)
	var service *scope.Service
	guarded(func() { service = sc.Attach(t.Context(), "db") })
	for attempt := range 2 {
		if attempt == 0 {
			sc.End(scope.Test)
			sc.ShowLogs()
			s.name, s.started = "late", time.Now()
		}
		s.attempt, s.failures, s.logs = fmt.Sprint("late ", attempt), nil, nil
		guarded(func() {
			db.Say(fmt.Sprint("attempt ", attempt))
			_, _, err := service.Exec(t.Context(), "look")
			g.Expect(err).NotTo(HaveOccurred())
			s.Fatalf("too slow")
		})
		sc.End(scope.Test)
		sc.ShowLogs()
		g.Expect(s.service(g, "db").Lines).To(HaveLen(1))
		g.Expect(s.service(g, "db").Lines[0].Text).To(Equal(fmt.Sprint("attempt ", attempt)))
	}
	s.end()
}
