//go:build linux

package process_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// On v2 the pause also freezes the workers of the other two faults. They must end
// nevertheless.
func TestThreeFaultsAtOnceInAnyOrderOfRevert(t *testing.T) {
	for name, order := range map[string][3]int{
		"pause, memory, CPU": {2, 1, 0}, "pause, CPU, memory": {2, 0, 1}, "CPU, pause, memory": {0, 2, 1},
		"memory, pause, CPU": {1, 2, 0}, "CPU, memory, pause": {0, 1, 2}, "memory, CPU, pause": {1, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			target := box.Start(t, "sleep", "600")
			cgrouptest.NothingLeft(t, box)
			var lives [3]injector.Live
			var journals [3]*injector.Journal
			lives[0], journals[0] = apply(t, request(box, target, fault.CPUBurn(0.5), time.Minute))
			lives[1], journals[1] = apply(t, request(box, target, fault.MemoryFill(0.5), time.Minute))
			lives[2], journals[2] = apply(t, request(box, target, fault.Pause(), time.Minute))
			for _, live := range lives {
				g.Expect(live.Renew(injector.In(time.Minute))).To(Succeed())
			}
			for _, i := range order {
				g.Expect(journals[i].Unwind()).To(Succeed())
				g.Expect(lives[i].Prove()).To(Succeed())
			}
			g.Expect(box.Processes(t)).To(Equal([]int{target.PID}))
			g.Expect(lives[1].Evidence().Effective).To(BeTrue())
			g.Expect(lives[2].Evidence().Effective).To(BeTrue())
		})
	}
}

// A lease that is renewed while the container is frozen must not lapse when the
// container runs again.
func TestLoadsOutliveAPause(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
	target := box.Start(t, "sleep", "600")
	cgrouptest.NothingLeft(t, box)
	burn, _ := apply(t, request(box, target, fault.CPUBurn(0.5), time.Minute))
	fill, _ := apply(t, request(box, target, fault.MemoryFill(0.5), time.Minute))
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	end := injector.In(2 * time.Second)
	g.Expect(burn.Renew(end)).To(Succeed())
	g.Expect(fill.Renew(end)).To(Succeed())
	g.Expect(group.Freeze(t.Context())).To(Succeed())
	g.Expect(injector.Monotonic()).To(BeNumerically("<", end), "otherwise it was frozen too late")
	g.Eventually(func(g Gomega) {
		g.Expect(burn.Renew(injector.In(time.Minute))).To(Succeed())
		g.Expect(fill.Renew(injector.In(time.Minute))).To(Succeed())
		g.Expect(injector.Monotonic()).To(BeNumerically(">", end+uint64(time.Second)))
	}, "10s", "50ms").Should(Succeed())
	g.Expect(group.Thaw(t.Context())).To(Succeed())
	used := box.CPUTime(t)
	g.Eventually(func() time.Duration { return box.CPUTime(t) }, "20s").Should(BeNumerically(">", used+300*time.Millisecond))
	g.Expect(burn.Evidence().LeaseLapsed).To(BeFalse())
	g.Expect(fill.Evidence()).To(And(HaveField("LeaseLapsed", false), HaveField("Effective", true)))
}
