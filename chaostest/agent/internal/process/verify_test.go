//go:build linux

package process_test

import (
	"slices"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// verified verifies a fault as often as something must be seen before it is noted.
func verified(live injector.Live) record.Evidence {
	live.Verify()
	live.Verify()
	return live.Evidence()
}

// expectGap expects one gap that the user has not asked for. It must be closed when the
// fault is in force again.
func expectGap(t *testing.T, e record.Evidence, text string, closed bool) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(e.Gaps).To(HaveLen(1))
	g.Expect(e.Gaps[0].Text).To(MatchRegexp(text))
	g.Expect(e.Gaps[0].Expected).To(BeFalse())
	if closed {
		g.Expect(e.Gaps[0].To).To(BeNumerically(">", 0), "%s", e.Gaps[0])
	} else {
		g.Expect(e.Gaps[0].To).To(BeZero(), "%s", e.Gaps[0])
	}
	proof, words := record.Injection{Evidence: e}.Proof()
	g.Expect(proof).To(Equal(record.Interrupted), words)
}

func TestAPauseThatSomebodyElseEndsIsPutBack(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Load(t, 1)
	live, journal := pause(t, box, target, time.Minute)
	live.Verify()
	g.Expect(live.Evidence().Gaps).To(BeEmpty())
	thaw(t, box, target)
	expectToRun(t, target.PID)
	g.Expect(live.Evidence()).To(And(HaveField("Effective", false), HaveField("Summary", ContainSubstring("somebody else has thawed the container"))))
	expectGap(t, verified(live), "somebody else has thawed the container", false)
	g.Eventually(func() []record.Gap { live.Verify(); return live.Evidence().Gaps }, "10s").
		Should(HaveExactElements(HaveField("To", BeNumerically(">", 0))))
	expectToStandStill(t, target.PID)
	e := live.Evidence()
	expectGap(t, e, "thawed", true)
	g.Expect(e.Value("frozen")).To(BeNumerically(">", 0.25))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	expectToRun(t, target.PID)
}

// workerIn is the process of a load, which is the only one in the box beside the target.
func workerIn(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target) int {
	t.Helper()
	all := slices.DeleteFunc(box.Processes(t), func(pid int) bool { return pid == target.PID })
	NewWithT(t).Expect(all).To(HaveLen(1))
	return all[0]
}

func TestWhatSomebodyElseDoesToAWorker(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(t *testing.T, pid int)
		text string
		back bool // whether the worker goes on
	}{
		"kills it": {func(t *testing.T, pid int) {
			t.Helper()
			NewWithT(t).Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
			NewWithT(t).Eventually(func() bool { return cgrouptest.HasEnded(pid) }, "10s").Should(BeTrue())
		}, "worker \\d+ has ended: killed", false},
		"stops it": {func(t *testing.T, pid int) { t.Helper(); cgrouptest.Stop(t, pid) }, "somebody else has stopped the (cpu|memory) worker, process \\d+", true},
		"moves it away": {func(t *testing.T, pid int) {
			t.Helper()
			cgrouptest.NewBox(t, cgrouptest.Limits{}).Join(t, pid)
		}, "somebody else has moved the (cpu|memory) worker, process \\d+, out of the container's cgroup", true},
	} {
		for _, f := range []fault.Fault{fault.CPUBurn(0.5), fault.MemoryFill(0.5)} {
			t.Run(name+", "+f.String(), func(t *testing.T) {
				g := NewWithT(t)
				box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
				target := box.Start(t, "sleep", "600")
				live, journal := apply(t, request(box, target, f, time.Minute))
				t.Cleanup(func() { g.Expect(journal.Unwind()).To(Succeed()) }) // before the other box is removed
				g.Eventually(live.Evidence, "20s").Should(HaveField("Effective", true))
				g.Expect(verified(live).Gaps).To(BeEmpty())
				pid := workerIn(t, box, target)
				c.do(t, pid)
				g.Eventually(func() record.Evidence { live.Verify(); return live.Evidence() }, "10s").
					Should(HaveField("Gaps", HaveLen(1)))
				if c.back {
					g.Eventually(func() []record.Gap { live.Verify(); return live.Evidence().Gaps }, "10s").
						Should(HaveExactElements(HaveField("To", BeNumerically(">", 0))))
					g.Expect(workerIn(t, box, target)).To(Equal(pid))
				}
				expectGap(t, live.Evidence(), c.text, c.back)
				g.Expect(journal.Unwind()).To(Succeed())
				g.Expect(live.Prove()).To(Succeed())
				expectGap(t, live.Evidence(), c.text, c.back)
			})
		}
	}
}

// A load in a container that somebody else has paused reaches nobody.
func TestSomebodyElsePausesTheContainerUnderALoad(t *testing.T) {
	for _, f := range []fault.Fault{fault.CPUBurn(0.5), fault.MemoryFill(0.5)} {
		t.Run(f.String(), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			target := box.Start(t, "sleep", "600")
			live, journal := apply(t, request(box, target, f, time.Minute))
			group, err := cgroup.Of(target.PID, box.Name)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(group.Freeze(t.Context())).To(Succeed())
			expectGap(t, verified(live), "somebody else has paused the container", false)
			g.Expect(group.Thaw(t.Context())).To(Succeed())
			live.Verify()
			expectGap(t, live.Evidence(), "somebody else has paused the container", true)
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
		})
	}
}

func TestAPauseOfOursIsNoGapOfALoad(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	target := box.Start(t, "sleep", "600")
	burn, burning := apply(t, request(box, target, fault.CPUBurn(0.5), time.Minute))
	_, pausing := apply(t, request(box, target, fault.Pause(), time.Minute))
	g.Expect(verified(burn).Gaps).To(BeEmpty())
	g.Expect(pausing.Unwind()).To(Succeed())
	g.Expect(burning.Unwind()).To(Succeed())
}

func TestTheFirstProcessLeavesTheCgroup(t *testing.T) {
	for _, f := range []fault.Fault{fault.Pause(), fault.CPUBurn(0.5), fault.MemoryFill(0.5), fault.CPUThrottle(0.5)} {
		t.Run(f.String(), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			elsewhere := cgrouptest.NewBox(t, cgrouptest.Limits{})
			target := box.Load(t, 0.1)
			live, journal := apply(t, request(box, target, f, time.Minute))
			elsewhere.Join(t, target.PID)
			expectGap(t, verified(live), "somebody else has moved the container's first process out of its (freezer|cpu|cpuacct|memory) cgroup", false)
			g.Expect(live.Evidence().Effective).To(BeFalse())
			g.Expect(journal.Unwind()).To(Succeed())
		})
	}
}

// The parts of a container that is killed go one by one. That is no gap.
func TestAContainerThatIsKilledLeavesNoGap(t *testing.T) {
	for _, f := range []fault.Fault{fault.Pause(), fault.CPUBurn(0.5), fault.MemoryFill(0.5), fault.CPUThrottle(0.5)} {
		t.Run(f.String(), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			target := box.Start(t, "sleep", "600")
			live, journal := apply(t, request(box, target, f, time.Minute))
			live.Verify()
			for _, pid := range slices.Backward(box.Processes(t)) {
				g.Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
			}
			live.Verify()
			if f == fault.Pause() && !cgrouptest.V2() { // a frozen process of v1 does not even die
				thaw(t, box, target)
			}
			target.Kill()
			e := verified(live)
			g.Expect(e.Gaps).To(BeEmpty())
			g.Expect(e.TargetDied).To(BeTrue())
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
		})
	}
}
