//go:build linux

package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
)

// parent is the variable that makes this program, started again, an agent that
// the test kills. Its value is the target's process and container.
const parent = "CHAOSGATE_TEST_PARENT"

func TestMain(m *testing.M) {
	cgrouptest.Main()
	keeper.Main()
	if of := os.Getenv(parent); of != "" {
		beParent(of)
	}
	leakcheck.Main(m)
}

func beParent(of string) {
	var pid int
	var id string
	if _, err := fmt.Sscan(of, &pid, &id); err != nil {
		panic(err)
	}
	group, err := cgroup.Of(pid, id)
	if err != nil {
		panic(err)
	}
	k := keeper.New()
	if _, err := hold(context.Background(), k, group, time.Hour); err != nil { //nolint:forbidigo // no test runs in this process
		panic(err)
	}
	if err := group.Freeze(context.Background()); err != nil { //nolint:forbidigo // no test runs in this process
		panic(err)
	}
	fmt.Println("frozen")
	select {}
}

// hold asks the keeper to hold the freezer.
func hold(ctx context.Context, k *keeper.Keeper, group *cgroup.Group, lease time.Duration) (*keeper.Hold, error) {
	file, frozen, err := group.FreezerFile()
	if err != nil {
		return nil, err
	}
	return k.Hold(ctx, keeper.Order{
		Target: group, Controller: cgroup.Freezer, File: file, Now: frozen,
		Fault: "pause", Injection: "3f.0", Lease: func() uint64 { return injector.In(lease) },
	})
}

// setup makes a target, and a keeper that is closed when the test ends.
func setup(t *testing.T) (*keeper.Keeper, *cgroup.Group, *cgrouptest.Target, *cgrouptest.Box) {
	t.Helper()
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Start(t, "sleep", "600")
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	cgrouptest.NothingLeft(t, box)
	k := keeper.New()
	t.Cleanup(func() { g.Expect(k.Close()).To(Succeed()) })
	t.Cleanup(func() { g.Expect(group.Thaw(context.Background())).To(Succeed()) }) //nolint:forbidigo // the test's context has ended
	return k, group, target, box
}

func pause(t *testing.T, k *keeper.Keeper, group *cgroup.Group, lease time.Duration) *keeper.Hold {
	t.Helper()
	g := NewWithT(t)
	h, err := hold(t.Context(), k, group, lease)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(group.Freeze(t.Context())).To(Succeed())
	return h
}

func ending(h *keeper.Hold) func() keeper.Ending {
	return func() keeper.Ending { why, _ := h.Ending(); return why }
}

// keepers are the keeper processes that are children of a process.
func keepers(t *testing.T, of int) []int {
	t.Helper()
	all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", of))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var found []int
	for _, file := range all {
		data, _ := os.ReadFile(file) // a thread may have gone
		for field := range strings.FieldsSeq(string(data)) {
			command, _ := os.ReadFile("/proc/" + field + "/cmdline")
			if strings.HasPrefix(string(command), "chaosgate-keeper") {
				pid, err := strconv.Atoi(field)
				NewWithT(t).Expect(err).NotTo(HaveOccurred())
				found = append(found, pid)
			}
		}
	}
	return found
}

func claim(t *testing.T, group *cgroup.Group) (cgroup.Claim, bool) {
	t.Helper()
	file, _, err := group.FreezerFile()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	dir, err := group.Dir(cgroup.Freezer)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	c, found, err := cgroup.ReadClaim(dir, file)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c, found
}

func TestReleaseSetsTheFileBack(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	h := pause(t, k, group, time.Minute)
	c, found := claim(t, group)
	g.Expect(found).To(BeTrue())
	g.Expect(c.String()).To(HaveSuffix(" is set by pause, injection 3f.0"))
	g.Expect(c.Alive()).To(BeTrue())
	g.Consistently(group.Frozen, "300ms").Should(BeTrue())
	g.Expect(h.Release()).To(Succeed())
	g.Expect(group.Frozen()).To(BeFalse())
	_, found = claim(t, group)
	g.Expect(found).To(BeFalse())
	g.Expect(ending(h)()).To(Equal(keeper.StillHeld), "the agent set it back, not the keeper")
	g.Expect(h.Release()).To(Succeed(), "a second time")
	g.Expect(h.Renew(injector.In(time.Minute))).To(MatchError(HaveSuffix("it was released")))

	again := pause(t, k, group, time.Minute)
	g.Expect(again.Release()).To(Succeed())
	g.Expect(keepers(t, os.Getpid())).To(HaveLen(1), "one process for all holds")
}

func TestTheKeeperSetsTheFileBackWhenTheLeaseLapses(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	lapses := pause(t, k, group, 300*time.Millisecond)
	start := injector.Monotonic()
	g.Eventually(group.Frozen, "2s", "10ms").Should(BeFalse())
	g.Eventually(ending(lapses)).Should(Equal(keeper.Lapsed))
	_, at := lapses.Ending()
	g.Expect(at).To(BeNumerically("~", start, uint64(2*time.Second)))
	_, found := claim(t, group)
	g.Expect(found).To(BeFalse())
	g.Expect(lapses.Renew(injector.In(time.Minute))).To(MatchError(HaveSuffix("the keeper has set it back: lease lapsed")))
	g.Expect(lapses.Release()).To(Succeed())

	renewed := pause(t, k, group, 2*time.Second)
	g.Expect(renewed.Renew(injector.In(time.Minute))).To(Succeed())
	g.Consistently(group.Frozen, "3s", "50ms").Should(BeTrue())
	g.Expect(renewed.Release()).To(Succeed())
}

func TestTheKeeperSetsTheFileBackWhenTheTargetDies(t *testing.T) {
	g := NewWithT(t)
	k, group, target, box := setup(t)
	other := box.Start(t, "sleep", "600")
	h, err := hold(t.Context(), k, group, time.Minute)
	g.Expect(err).NotTo(HaveOccurred())
	target.Kill()
	g.Eventually(ending(h), "2s").Should(Equal(keeper.TargetDied))
	other.Kill()
}

func TestAKeeperThatDiesIsStartedAgain(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	h := pause(t, k, group, time.Minute)
	first := keepers(t, os.Getpid())
	g.Expect(first).To(HaveLen(1))
	g.Expect(unix.Kill(first[0], unix.SIGKILL)).To(Succeed())
	g.Eventually(func() []int { return keepers(t, os.Getpid()) }, "5s").Should(And(HaveLen(1), Not(Equal(first))))
	second := keepers(t, os.Getpid())[0]
	g.Eventually(func() []int {
		c, _ := claim(t, group)
		return []int{c.Owners[0].PID, c.Owners[1].PID}
	}).Should(Equal([]int{os.Getpid(), second}))
	g.Expect(group.Frozen()).To(BeTrue())
	g.Expect(h.Renew(injector.In(200 * time.Millisecond))).To(Succeed())
	g.Eventually(group.Frozen, "2s").Should(BeFalse(), "the new one holds what the old one held")
	g.Eventually(ending(h)).Should(Equal(keeper.Lapsed))
}

func TestAKeeperThatStandsStillIsReplaced(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	h := pause(t, k, group, time.Minute)
	cgrouptest.Stop(t, keepers(t, os.Getpid())[0])
	g.Expect(h.Release()).To(Succeed())
	g.Expect(group.Frozen()).To(BeFalse())
	again := pause(t, k, group, time.Minute)
	g.Expect(again.Release()).To(Succeed())
}

func TestASecondFaultOnTheSameFileIsRefusedWithTheFirstOnesName(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	h := pause(t, k, group, time.Minute)
	_, err := hold(t.Context(), k, group, time.Minute)
	refused, ok := errors.AsType[*cgroup.ClaimedError](err)
	g.Expect(ok).To(BeTrue(), "%v", err)
	g.Expect(refused).To(MatchError(HaveSuffix(" is set by pause, injection 3f.0: revert that injection first")))
	// The same goes for another agent's keeper.
	other := keeper.New()
	_, err = hold(t.Context(), other, group, time.Minute)
	g.Expect(err).To(MatchError(refused.Error()))
	g.Expect(other.Close()).To(Succeed())
	g.Expect(group.Frozen()).To(BeTrue())
	g.Expect(h.Release()).To(Succeed())
}

func TestReleaseLeavesAFileThatSomebodyElseHasSet(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	h := pause(t, k, group, time.Minute)
	g.Expect(group.Thaw(t.Context())).To(Succeed())
	g.Expect(h.Release()).To(Succeed())
	g.Expect(group.Frozen()).To(BeFalse())
}

func TestACancelledHoldLeavesNoClaim(t *testing.T) {
	g := NewWithT(t)
	k, group, _, _ := setup(t)
	g.Expect(pause(t, k, group, time.Minute).Release()).To(Succeed())
	cgrouptest.Stop(t, keepers(t, os.Getpid())[0])
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := hold(ctx, k, group, time.Minute)
	g.Expect(err).To(And(MatchError(context.DeadlineExceeded), MatchError(ContainSubstring("wait for the keeper"))))
	_, found := claim(t, group)
	g.Expect(found).To(BeFalse())
}

// start starts an agent that pauses the box. The agent runs in a second box, which
// stands for its container: the test kills all processes in there.
func start(t *testing.T, target *cgrouptest.Target, box *cgrouptest.Box) (*exec.Cmd, *cgrouptest.Box) {
	t.Helper()
	g := NewWithT(t)
	container := cgrouptest.NewBox(t, cgrouptest.Limits{})
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `read go; exec /proc/`+strconv.Itoa(os.Getpid())+`/exe`)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", parent, target.PID, box.Name))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	g.Expect(err).NotTo(HaveOccurred())
	out, err := cmd.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmd.Start()).To(Succeed())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it may have ended
	container.Join(t, cmd.Process.Pid)
	_, err = in.Write([]byte("go\n"))
	g.Expect(err).NotTo(HaveOccurred())
	var word string
	_, err = fmt.Fscan(out, &word)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(word).To(Equal("frozen"))
	return cmd, container
}

func TestTheKeeperOutlivesTheAgentAndItsContainer(t *testing.T) {
	g := NewWithT(t)
	_, group, target, box := setup(t)
	agent, container := start(t, target, box)
	k := keepers(t, agent.Process.Pid)
	g.Expect(k).To(HaveLen(1))
	g.Expect(container.Processes(t)).To(Equal([]int{agent.Process.Pid}), "the keeper has left all groups of the container")
	g.Expect(group.Frozen()).To(BeTrue())
	for _, pid := range container.Processes(t) { // as a runtime does
		g.Expect(unix.Kill(pid, unix.SIGKILL)).To(Succeed())
	}
	g.Eventually(group.Frozen, "2s", "10ms").Should(BeFalse())
	g.Eventually(func() bool { return cgrouptest.HasEnded(k[0]) }, "2s").Should(BeTrue(), "it ends when nothing is held")
	_, found := claim(t, group)
	g.Expect(found).To(BeFalse())
}

func TestTheNextAgentUndoesWhatACrashOfAgentAndKeeperLeft(t *testing.T) {
	g := NewWithT(t)
	_, group, target, box := setup(t)
	g.Expect(cgroup.Sweep()).To(Succeed())
	agent, _ := start(t, target, box)
	g.Expect(cgroup.Sweep()).To(Succeed())
	g.Expect(group.Frozen()).To(BeTrue(), "another agent's fault is left alone")
	k := keepers(t, agent.Process.Pid)[0]
	cgrouptest.Stop(t, k)
	g.Expect(agent.Process.Kill()).To(Succeed())
	_ = agent.Wait() // it reports that it was killed
	g.Expect(cgroup.Sweep()).To(Succeed())
	g.Expect(group.Frozen()).To(BeTrue(), "the keeper lives")
	g.Expect(unix.Kill(k, unix.SIGKILL)).To(Succeed())
	g.Eventually(func() bool { return cgrouptest.HasEnded(k) }, "2s").Should(BeTrue())
	g.Expect(group.Frozen()).To(BeTrue())
	g.Expect(cgroup.Sweep()).To(Succeed())
	g.Expect(group.Frozen()).To(BeFalse())
	_, found := claim(t, group)
	g.Expect(found).To(BeFalse())
}
