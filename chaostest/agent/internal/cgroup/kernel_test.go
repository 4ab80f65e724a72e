//go:build linux

package cgroup_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
)

func TestMain(m *testing.M) {
	cgrouptest.Main()
	leakcheck.Main(m)
}

func resolve(t *testing.T, box *cgrouptest.Box, pid int) *cgroup.Group {
	t.Helper()
	group, err := cgroup.Of(pid, box.Name)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return group
}

func TestTheKernelsLimitsAreRead(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
	group := resolve(t, box, box.Start(t, "sleep", "600").PID)
	cores, limited, err := group.CPUQuota()
	g.Expect([]any{cores, limited, err}).To(Equal([]any{0.5, true, nil}))
	limit, limited, err := group.MemoryLimit()
	g.Expect([]any{limit, limited, err}).To(Equal([]any{uint64(64 << 20), true, nil}))
	for _, c := range []string{cgroup.CPU, cgroup.CPUAcct, cgroup.Memory, cgroup.Freezer} {
		g.Expect(group.Has(c)).To(BeTrue(), c)
	}
	g.Expect(group.OOMKills()).To(BeZero())
}

func TestAGroupWithoutLimits(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	group := resolve(t, box, box.Start(t, "sleep", "600").PID)
	cores, limited, err := group.CPUQuota()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(limited).To(BeFalse())
	g.Expect(cores).To(BeNumerically(">=", 1))
	_, limited, err = group.MemoryLimit()
	g.Expect([]any{limited, err}).To(Equal([]any{false, nil}))
}

func TestTheCountersMove(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Grow(t, 32<<20)
	group := resolve(t, box, target.PID)
	before, err := group.MemoryUsed()
	g.Expect(err).NotTo(HaveOccurred())
	used, err := group.CPUUsage()
	g.Expect(err).NotTo(HaveOccurred())
	target.Say(t, "")
	g.Expect(target.Hear(t)).To(Equal("grown"))
	after, err := group.MemoryUsed()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(float64(after - before)).To(BeNumerically("~", 32<<20, 4<<20))
	g.Expect(float64(after)).To(BeNumerically("~", float64(box.MemoryUsed(t)), 2<<20))
	g.Eventually(group.CPUUsage).Should(BeNumerically(">", used))
	g.Eventually(func() bool { // the same counter, read between two readings from outside
		low := box.CPUTime(t)
		mine, err := group.CPUUsage()
		return err == nil && low <= mine && mine <= box.CPUTime(t)
	}).Should(BeTrue())
}

func TestReadingMemoryTakesNone(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	meter, err := resolve(t, box, box.Start(t, "sleep", "600").PID).OpenMemoryMeter()
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = meter.Close() })
	g.Expect(testing.AllocsPerRun(100, func() { _, err = meter.Used() })).To(BeZero())
	g.Expect(err).NotTo(HaveOccurred())
}

func TestJoinMovesAProcess(t *testing.T) {
	g := NewWithT(t)
	box, other := cgrouptest.NewBox(t, cgrouptest.Limits{}), cgrouptest.NewBox(t, cgrouptest.Limits{})
	group := resolve(t, box, box.Start(t, "sleep", "600").PID)
	guest := other.Start(t, "sleep", "600").PID
	g.Expect(group.Holds(guest, cgroup.Memory)).To(BeFalse())
	leaf, err := group.Join(guest, cgroup.CPU, cgroup.CPUAcct, cgroup.Memory)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(leaf).To(BeEmpty())
	g.Expect(group.Holds(guest, cgroup.CPU, cgroup.CPUAcct, cgroup.Memory)).To(BeTrue())
	g.Expect(box.Processes(t)).To(ContainElement(guest))
	_, err = group.Join(1<<22-1, cgroup.Memory)
	g.Expect(err).To(MatchError(And(
		HavePrefix("move process 4194303 into cgroup "), ContainSubstring(box.Name), HaveSuffix("no such process"))))
}

func TestFreezeAndThaw(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Load(t, 1)
	group := resolve(t, box, target.PID)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	g.Expect(group.Frozen()).To(BeFalse())
	g.Expect(group.Freeze(ctx)).To(Succeed())
	g.Expect(group.Frozen()).To(BeTrue())
	stood := cgrouptest.CPUTime(t, target.PID)
	g.Consistently(func() time.Duration { return cgrouptest.CPUTime(t, target.PID) }, "300ms").Should(Equal(stood))
	g.Expect(group.Thaw(ctx)).To(Succeed())
	g.Expect(group.Frozen()).To(BeFalse())
	g.Eventually(func() time.Duration { return cgrouptest.CPUTime(t, target.PID) }, "10s").Should(BeNumerically(">", stood))
}

func TestUnchangedNamesEachChange(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
	group := resolve(t, box, box.Start(t, "sleep", "600").PID)
	before, err := group.Snapshot(cgroup.CPU, cgroup.Memory, cgroup.Freezer)
	g.Expect(err).NotTo(HaveOccurred())
	memory, err := group.Snapshot(cgroup.Memory)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(group.Unchanged(before)).To(Succeed())
	cpu, err := group.Dir(cgroup.CPU)
	g.Expect(err).NotTo(HaveOccurred())
	file, value := "cpu.shares", "512"
	if cgrouptest.V2() {
		file, value = "cpu.weight", "50"
	}
	file = filepath.Join(cpu, file)
	g.Expect(os.WriteFile(file, []byte(value), 0)).To(Succeed())
	g.Expect(group.Unchanged(before)).To(MatchError(And(
		HavePrefix("compare "+file+": it was "), HaveSuffix(`and is "`+value+`" now`))))
	g.Expect(group.Unchanged(memory)).To(Succeed())
}

func TestAGroupThatIsGone(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Start(t, "sleep", "600")
	group := resolve(t, box, target.PID)
	before, err := group.Snapshot(cgroup.CPU, cgroup.Freezer)
	g.Expect(err).NotTo(HaveOccurred())
	target.Kill()
	g.Expect(group.Alive()).To(BeFalse())
	for _, c := range []string{cgroup.CPU, cgroup.CPUAcct, cgroup.CPUSet, cgroup.Memory, cgroup.Freezer} {
		dir, err := group.Dir(c)
		g.Expect(err).NotTo(HaveOccurred())
		g.Eventually(func() error { return syscall.Rmdir(dir) }, "10s").Should(Or(Succeed(), MatchError(syscall.ENOENT)))
	}
	g.Expect(group.Exists()).To(BeFalse())
	g.Expect(group.Thaw(t.Context())).To(Succeed())
	g.Expect(group.Unchanged(before)).To(Succeed())
}
