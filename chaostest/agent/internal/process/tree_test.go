//go:build linux

package process_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// The images of systemd, Docker and Kubernetes move their first process into a group
// below the container's.
func TestAllGroupsOfAContainerStandStill(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	first, other := box.Sub(t, "init").Load(t, 0.2), box.Load(t, 0.2)
	live, journal := pause(t, box, first, time.Minute)
	for _, target := range []*cgrouptest.Target{first, other} {
		expectToStandStill(t, target.PID)
	}
	g.Expect(live.Evidence().Effective).To(BeTrue())
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	for _, target := range []*cgrouptest.Target{first, other} {
		expectToRun(t, target.PID)
	}
}

// A process that comes later, such as one of docker exec, stands still as well.
func TestAProcessThatComesLaterStandsStill(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	live, journal := pause(t, box, box.Load(t, 0.2), time.Minute)
	later := cgrouptest.NewBox(t, cgrouptest.Limits{}).Load(t, 0.2)
	expectToRun(t, later.PID)
	box.Join(t, later.PID)
	g.Eventually(func() bool {
		used := cgrouptest.CPUTime(t, later.PID)
		time.Sleep(100 * time.Millisecond)
		return cgrouptest.CPUTime(t, later.PID) == used
	}, "10s").Should(BeTrue())
	expectToStandStill(t, later.PID)
	g.Expect(live.Evidence().Effective).To(BeTrue())
	g.Expect(journal.Unwind()).To(Succeed())
	expectToRun(t, later.PID)
}

// The kernel shows a process whose first thread has ended as a zombie. The container
// lives, so faults are applied and go on.
func TestAContainerWhoseFirstThreadHasEnded(t *testing.T) {
	for _, f := range []fault.Fault{fault.Pause(), fault.CPUBurn(0.5), fault.MemoryFill(0.5), fault.CPUThrottle(0.5)} {
		t.Run(f.String(), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			target := box.Headless(t, 0.1)
			cgrouptest.NothingLeft(t, box)
			live, journal := apply(t, request(box, target, f, time.Minute))
			g.Eventually(live.Evidence, "20s").Should(And(HaveField("Effective", true), HaveField("TargetDied", false)))
			g.Consistently(live.Evidence, "300ms").Should(HaveField("TargetDied", false))
			g.Expect(live.Renew(injector.In(time.Minute))).To(Succeed())
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
			g.Expect(box.Processes(t)).To(Or(BeEmpty(), Equal([]int{target.PID})), "an old kernel lists no such process")
		})
	}
}

// The container's own groups hand on controllers, so on v2 its top group takes no
// process: the workers need groups of their own, which go with them.
func TestLoadsInAContainerThatTakesNoProcess(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
	init := box.Sub(t, "init")
	first := init.Start(t, "sleep", "600")
	box.Delegate(t)
	cgrouptest.NothingLeft(t, box)
	burn, burning := apply(t, request(box, first, fault.CPUBurn(0.5), time.Minute))
	fill, filling := apply(t, request(box, first, fault.MemoryFill(0.5), time.Minute))
	g.Expect(float64(box.MemoryUsed(t))).To(BeNumerically("~", 32<<20, 1<<20), "the container's, not the first process's")
	g.Eventually(func() string { // that of the loop's first moments, too, which the fill has shared
		e := burn.Evidence()
		return fmt.Sprint(e.Effective, " ", e.Summary)
	}, "20s").Should(HavePrefix("true"))
	g.Expect(fill.Evidence().Effective).To(BeTrue())
	pause, pausing := apply(t, request(box, first, fault.Pause(), time.Minute))
	if cgrouptest.V2() {
		for _, pid := range slices.DeleteFunc(box.Processes(t), func(pid int) bool { return pid == first.PID }) {
			expectToStandStill(t, pid)
		}
	}
	for _, live := range []struct {
		injector.Live
		*injector.Journal
	}{{pause, pausing}, {fill, filling}, {burn, burning}} {
		g.Expect(live.Unwind()).To(Succeed())
		g.Expect(live.Prove()).To(Succeed())
	}
}
