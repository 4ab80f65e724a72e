//go:build linux

package cgroup_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
)

// moved makes a container whose first process has moved into a group of its own, as
// systemd's and Docker's images do, while another process stays in the container's group.
func moved(t *testing.T) (group *cgroup.Group, first, other *cgrouptest.Target, box, init *cgrouptest.Box) {
	t.Helper()
	box = cgrouptest.NewBox(t, cgrouptest.Limits{})
	init = box.Sub(t, "init")
	first, other = init.Load(t, 0.2), box.Load(t, 0.2)
	return resolve(t, box, first.PID), first, other, box, init
}

func stands(t *testing.T, pid int) {
	t.Helper()
	used := cgrouptest.CPUTime(t, pid)
	NewWithT(t).Consistently(func() time.Duration { return cgrouptest.CPUTime(t, pid) }, "300ms").Should(Equal(used))
}

func runs(t *testing.T, pid int) {
	t.Helper()
	used := cgrouptest.CPUTime(t, pid)
	NewWithT(t).Eventually(func() time.Duration { return cgrouptest.CPUTime(t, pid) }, "20s").Should(BeNumerically(">", used))
}

func TestAGroupIsTheWholeContainers(t *testing.T) {
	g := NewWithT(t)
	group, first, other, box, _ := moved(t)
	for _, c := range []string{cgroup.CPU, cgroup.Memory, cgroup.Freezer} {
		dir, err := group.Dir(c)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(filepath.Base(dir)).To(Equal(box.Name), c)
	}
	g.Expect(group.Holds(first.PID, cgroup.CPU, cgroup.Memory, cgroup.Freezer)).To(BeTrue())
	g.Expect(group.Holds(other.PID, cgroup.CPU, cgroup.Memory, cgroup.Freezer)).To(BeTrue())
	g.Expect(group.Holds(os.Getpid(), cgroup.CPU)).To(BeFalse())
	g.Eventually(func() bool { // the counter of the box, read between two readings from outside
		low := box.CPUTime(t)
		mine, err := group.CPUUsage()
		return err == nil && low <= mine && mine <= box.CPUTime(t)
	}).Should(BeTrue())
}

func TestFreezingStopsAllGroupsOfAContainer(t *testing.T) {
	g := NewWithT(t)
	group, first, other, _, _ := moved(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	g.Expect(group.Freeze(ctx)).To(Succeed())
	stands(t, first.PID)
	stands(t, other.PID)
	g.Expect(group.Thaw(ctx)).To(Succeed())
	runs(t, first.PID)
	runs(t, other.PID)
}

func TestAGroupThatWasFrozenBeforeStaysFrozen(t *testing.T) {
	g := NewWithT(t)
	group, first, other, _, init := moved(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	file, frozen, err := group.FreezerFile()
	g.Expect(err).NotTo(HaveOccurred())
	init.Set(t, "freezer", file, frozen)
	t.Cleanup(func() { init.Set(t, "freezer", file, map[bool]string{true: "0", false: "THAWED"}[cgrouptest.V2()]) })
	stands(t, first.PID)
	g.Expect(group.Freeze(ctx)).To(Succeed())
	stands(t, other.PID)
	g.Expect(group.Thaw(ctx)).To(Succeed())
	runs(t, other.PID)
	stands(t, first.PID)
}

func TestOutOfMemoryKillsBelowAreCounted(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 32 << 20})
	init := box.Sub(t, "init")
	first, victim := init.Start(t, "sleep", "600"), init.Grow(t, 64<<20)
	group := resolve(t, box, first.PID)
	g.Expect(group.OOMKills()).To(BeZero())
	victim.Say(t, "")
	g.Eventually(group.OOMKills, "20s").Should(BeNumerically(">=", 1))
}

// A group of v2 that hands on its controllers takes no process, so the guest gets a
// leaf. v1 has no such rule.
func TestJoiningAGroupThatTakesNoProcess(t *testing.T) {
	g := NewWithT(t)
	box, outside := cgrouptest.NewBox(t, cgrouptest.Limits{}), cgrouptest.NewBox(t, cgrouptest.Limits{})
	first := box.Sub(t, "init").Start(t, "sleep", "600")
	box.Delegate(t)
	group := resolve(t, box, first.PID)
	groups := box.Groups(t)
	guest := outside.Start(t, "sleep", "600")
	leaf, err := group.Join(guest.PID, cgroup.CPU, cgroup.CPUAcct, cgroup.Memory)
	g.Expect(err).NotTo(HaveOccurred())
	if cgrouptest.V2() {
		g.Expect(leaf).NotTo(BeEmpty())
	} else {
		g.Expect(leaf).To(BeEmpty(), "cgroup v1 takes processes everywhere")
	}
	g.Expect(group.Holds(guest.PID, cgroup.CPU, cgroup.Memory)).To(BeTrue())
	g.Expect(box.Processes(t)).To(ContainElement(guest.PID))
	g.Expect(cgroup.Sweep()).To(Succeed())
	g.Expect(group.Holds(guest.PID, cgroup.CPU, cgroup.Memory)).To(BeTrue(), "a leaf that is in use stays")
	guest.Kill()
	g.Expect(cgroup.RemoveLeaf(leaf)).To(Succeed())
	g.Expect(box.Groups(t)).To(Equal(groups))
	g.Expect(cgroup.RemoveLeaf(leaf)).To(Succeed(), "a second time")
}

func TestTheSweepRemovesEmptyLeaves(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	group := resolve(t, box, box.Start(t, "sleep", "600").PID)
	dir, err := group.Dir(cgroup.Memory)
	g.Expect(err).NotTo(HaveOccurred())
	groups := box.Groups(t)
	g.Expect(os.Mkdir(filepath.Join(dir, "chaosgate-worker-1"), 0o755)).To(Succeed())
	g.Expect(cgroup.Sweep()).To(Succeed())
	g.Expect(box.Groups(t)).To(Equal(groups))
}

func TestAProcessWhoseFirstThreadHasEndedLives(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Headless(t, 0.2)
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(group.Alive()).To(BeTrue())
	g.Expect(group.Process().Alive()).To(BeTrue())
	g.Expect(group.Holds(target.PID, cgroup.CPU, cgroup.Memory, cgroup.Freezer)).To(BeTrue())
	target.Kill()
	g.Expect(group.Alive()).To(BeFalse())
	g.Expect(group.Process().Alive()).To(BeFalse())
}

func TestAStoppedProcessLives(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Start(t, "sleep", "600")
	cgrouptest.Stop(t, target.PID)
	g.Expect(resolve(t, box, target.PID).Alive()).To(BeTrue())
}
