//go:build linux

package process_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cpu"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/memory"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/process"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestMain(m *testing.M) {
	cgrouptest.Main()
	keeper.Main()
	worker.Main(map[string]worker.Program{cpu.Program: cpu.Burn, memory.Program: memory.Fill})
	leakcheck.Main(m)
}

func request(box *cgrouptest.Box, target *cgrouptest.Target, f fault.Fault, lease time.Duration) injector.Request[fault.Fault] {
	return injector.Request[fault.Fault]{ID: "1", Target: injector.Target{ID: box.Name, Name: "shop", PID: target.PID}, Fault: f, Lease: func() uint64 { return injector.In(lease) }}
}

// handle applies a fault with a new keeper, which is closed when the test ends.
func handle(t *testing.T, ctx context.Context, r injector.Request[fault.Fault], journal *injector.Journal) (injector.Live, error) { //nolint:revive // t comes first in a test's helper
	t.Helper()
	k := keeper.New()
	t.Cleanup(func() { NewWithT(t).Expect(k.Close()).To(Succeed()) })
	handler, err := injector.Find(slices.Concat(process.Faults(k), cpu.Faults(k), memory.Faults()), r.Fault)
	if err != nil {
		return nil, err
	}
	return handler.Apply(ctx, r, journal)
}

// apply applies a fault, which is undone when the test ends.
func apply(t *testing.T, r injector.Request[fault.Fault]) (injector.Live, *injector.Journal) {
	t.Helper()
	g := NewWithT(t)
	journal := injector.NewJournal(nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	live, err := handle(t, ctx, r, journal)
	t.Cleanup(func() { g.Expect(journal.Unwind()).To(Succeed()) })
	g.Expect(err).NotTo(HaveOccurred())
	return live, journal
}

func pause(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, lease time.Duration) (injector.Live, *injector.Journal) {
	t.Helper()
	cgrouptest.NothingLeft(t, box)
	return apply(t, request(box, target, fault.Pause(), lease))
}

// busy starts two processes that never rest, and waits until both have run.
func busy(t *testing.T, box *cgrouptest.Box) [2]*cgrouptest.Target {
	t.Helper()
	both := [2]*cgrouptest.Target{box.Load(t, 1), box.Start(t, "/bin/sh", "-c", "while :; do :; done")}
	for _, target := range both {
		expectToRun(t, target.PID)
	}
	return both
}

func expectToRun(t *testing.T, pid int) {
	t.Helper()
	used := cgrouptest.CPUTime(t, pid)
	NewWithT(t).Eventually(func() time.Duration { return cgrouptest.CPUTime(t, pid) }, "20s").Should(BeNumerically(">", used))
}

func expectToStandStill(t *testing.T, pid int) {
	t.Helper()
	used := cgrouptest.CPUTime(t, pid)
	NewWithT(t).Consistently(func() time.Duration { return cgrouptest.CPUTime(t, pid) }, "300ms").Should(Equal(used))
}

func TestAllProcessesStandStill(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	both := busy(t, box)
	live, journal := pause(t, box, both[0], time.Minute)
	g.Expect(live.Attestation().Path).To(MatchRegexp("^cgroup v[12]$"))
	g.Expect(live.Attestation().Readback).To(ConsistOf(And(ContainSubstring(box.Name), HaveSuffix(": frozen"))))
	for _, target := range both {
		expectToStandStill(t, target.PID)
	}
	e := live.Evidence()
	g.Expect(e.Effective).To(BeTrue())
	g.Expect(e.Value("frozen")).To(BeNumerically(">=", 0.6))
	g.Expect(e.Summary).To(HavePrefix("all processes stood still for "))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	for _, target := range both {
		expectToRun(t, target.PID)
	}
	final := live.Evidence()
	g.Expect(final.Value("frozen")).To(BeNumerically(">=", e.Value("frozen")))
	g.Expect(live.Evidence()).To(Equal(final), "it does not change any more")
	g.Expect(live.Renew(injector.In(time.Minute))).To(MatchError(HavePrefix("keep shop paused: ")))
	g.Expect(journal.Unwind()).To(Succeed(), "a second time")
}

func TestALeaseThatLapses(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Load(t, 1)
	live, journal := pause(t, box, target, 300*time.Millisecond)
	g.Eventually(live.Evidence, "10s").Should(And(
		HaveField("LeaseLapsed", true), HaveField("Effective", false), HaveField("Summary", ContainSubstring("the keeper ended the fault because its lease lapsed"))))
	expectToRun(t, target.PID)
	g.Expect(live.Evidence().Value("frozen")).To(BeNumerically(">", 0))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	g.Expect(live.Evidence().LeaseLapsed).To(BeTrue())
}

func TestAContainerThatIsPausedAlready(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 << 20})
	target := box.Start(t, "sleep", "600")
	live, journal := pause(t, box, target, time.Minute)
	for _, f := range []fault.Fault{fault.Pause(), fault.CPUBurn(0.5), fault.MemoryFill(0.5)} {
		untouched := injector.NewJournal(func(step string) error { t.Errorf("a step was about to be done: %s", step); return nil })
		_, err := handle(t, t.Context(), request(box, target, f, time.Minute), untouched)
		g.Expect(err).To(MatchError(ContainSubstring("paused")), f.String())
	}
	g.Expect(live.Evidence().Effective).To(BeTrue())
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

func thaw(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target) {
	t.Helper()
	group, err := cgroup.Of(target.PID, box.Name)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	dir, err := group.Dir(cgroup.Freezer)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	name, value := "freezer.state", "THAWED"
	if cgrouptest.V2() {
		name, value = "cgroup.freeze", "0"
	}
	NewWithT(t).Expect(os.WriteFile(filepath.Join(dir, name), []byte(value), 0)).To(Succeed())
}

// A frozen agent could not thaw the group.
func TestTheAgentDoesNotFreezeItself(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	box.JoinSelf(t)
	r := request(box, &cgrouptest.Target{PID: os.Getpid()}, fault.Pause(), time.Minute)
	_, err := handle(t, t.Context(), r, injector.NewJournal(nil))
	g.Expect(err).To(MatchError(ContainSubstring("the agent itself runs in its cgroup")))
}
