//go:build linux

package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
)

type echo struct{ Text string }

var programs = map[string]worker.Program{
	"echo": func(j *worker.Job) error {
		var e echo
		if err := j.Config(&e); err != nil {
			return err
		}
		j.Ready()
		for {
			if err := j.Report(e); err != nil {
				return err
			}
			time.Sleep(5 * time.Millisecond)
		}
	},
	"refuse": func(*worker.Job) error { return errors.New("the moon is full") },
	"crash":  func(j *worker.Job) error { j.Ready(); panic("out of cheese") },
	"spin": func(j *worker.Job) error {
		j.Ready()
		for {
			runtime.KeepAlive(j)
		}
	},
}

// parent is the variable that makes this program, started again, an agent that
// the test kills. Its value is the target's process and container.
const parent = "CHAOSGATE_TEST_PARENT"

func TestMain(m *testing.M) {
	worker.Main(programs)
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
	ctx := context.Background() //nolint:forbidigo // no test runs in this process
	for range 2 {
		p, err := worker.Start[echo](ctx, worker.Order{Program: "spin", Target: group, Controllers: []string{cgroup.CPU}})
		if err != nil {
			panic(err)
		}
		if err := p.Renew(injector.In(time.Hour)); err != nil {
			panic(err)
		}
		fmt.Println(p.PID())
	}
	select {}
}

func target(t *testing.T) (*cgroup.Group, *cgrouptest.Target, *cgrouptest.Box) {
	t.Helper()
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Start(t, "sleep", "600")
	group, err := cgroup.Of(target.PID, box.Name)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	cgrouptest.NothingLeft(t, box)
	return group, target, box
}

func start(t *testing.T, group *cgroup.Group, program string, config any) (*worker.Process[echo], error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return worker.Start[echo](ctx, worker.Order{Program: program, Target: group, Controllers: []string{cgroup.CPU, cgroup.Memory}, Config: config})
}

func running(t *testing.T, group *cgroup.Group, program string, lease time.Duration) *worker.Process[echo] {
	t.Helper()
	g := NewWithT(t)
	p, err := start(t, group, program, echo{"hello"})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(p.Stop()).To(Succeed()) })
	g.Expect(p.Renew(injector.In(lease))).To(Succeed())
	return p
}

func hasText(e echo) bool { return e.Text != "" }

func TestAWorkerWorksInTheTargetsCgroup(t *testing.T) {
	g := NewWithT(t)
	group, _, box := target(t)
	p := running(t, group, "echo", time.Minute)
	g.Expect(box.Processes(t)).To(ContainElement(p.PID()))
	g.Expect(p.Await(t.Context(), hasText)).To(Equal(echo{"hello"}))
	g.Expect(p.Latest()).To(Equal(echo{"hello"}))
	g.Expect(p.Err()).NotTo(HaveOccurred())
	used := p.CPUTime()
	g.Expect(used).To(BeNumerically(">", 0))
	g.Expect(p.Stop()).To(Succeed())
	g.Expect(p.Ending()).To(Equal(worker.Stopped))
	g.Expect(p.Stop()).To(Succeed(), "a second time")
	g.Expect(cgrouptest.HasEnded(p.PID())).To(BeTrue())
	g.Expect(p.CPUTime()).To(BeNumerically(">=", used), "it is rounded at the end, and does not fall")
}

func TestAWorkerWaitsForItsLease(t *testing.T) {
	g := NewWithT(t)
	group, _, _ := target(t)
	p, err := start(t, group, "echo", echo{"hello"})
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(p.Stop()).To(Succeed()) }()
	g.Consistently(p.Latest, "100ms").Should(BeZero())
	g.Expect(p.Renew(injector.In(time.Minute))).To(Succeed())
	_, err = p.Await(t.Context(), hasText)
	g.Expect(err).NotTo(HaveOccurred())
}

func TestALeaseThatPassesEndsTheWorker(t *testing.T) {
	g := NewWithT(t)
	group, _, box := target(t)
	p := running(t, group, "spin", 300*time.Millisecond)
	g.Eventually(p.Ending, "10s").Should(Equal(worker.Lapsed))
	g.Eventually(func() []int { return box.Processes(t) }, "2s").ShouldNot(ContainElement(p.PID()))
	g.Expect(p.Renew(injector.In(time.Minute))).To(MatchError(fmt.Sprintf("renew lease: spin worker %d has ended: lease lapsed", p.PID())))
	g.Expect(p.Stop()).To(Succeed())
}

func TestARenewedLeaseKeepsTheWorker(t *testing.T) {
	g := NewWithT(t)
	group, _, _ := target(t)
	p := running(t, group, "echo", 3*time.Second)
	g.Expect(p.Renew(injector.In(time.Hour))).To(Succeed())
	g.Consistently(p.Ending, "4s", "100ms").Should(Equal(worker.Running))
}

func TestALeaseRenewedDuringAStandstillHasNotLapsed(t *testing.T) {
	g := NewWithT(t)
	group, _, _ := target(t)
	p := running(t, group, "echo", 2*time.Second)
	_, err := p.Await(t.Context(), hasText)
	g.Expect(err).NotTo(HaveOccurred())
	cgrouptest.Stop(t, p.PID())
	end := injector.In(2500 * time.Millisecond) // past the first lease
	for injector.Monotonic() < end {
		g.Expect(p.Renew(injector.In(time.Minute))).To(Succeed())
		time.Sleep(50 * time.Millisecond)
	}
	g.Expect(unix.Kill(p.PID(), unix.SIGCONT)).To(Succeed())
	g.Consistently(p.Ending, "500ms").Should(Equal(worker.Running))
}

func TestAFrozenWorkerIsKilled(t *testing.T) {
	g := NewWithT(t)
	group, _, _ := target(t)
	p := running(t, group, "echo", time.Minute)
	cgrouptest.Stop(t, p.PID())
	g.Expect(p.Stop()).To(Succeed())
	g.Expect(p.Ending()).To(Equal(worker.Killed))
	g.Expect(cgrouptest.HasEnded(p.PID())).To(BeTrue())
}

func TestTheTargetsDeathEndsTheWorker(t *testing.T) {
	g := NewWithT(t)
	group, target, box := target(t)
	p := running(t, group, "spin", time.Minute)
	target.Kill()
	g.Eventually(p.Ending, "10s").Should(Equal(worker.TargetDied))
	g.Eventually(func() []int { return box.Processes(t) }, "2s").Should(BeEmpty())
}

func TestErrorsSayWhatWentWrong(t *testing.T) {
	g := NewWithT(t)
	group, target, _ := target(t)
	_, err := start(t, group, "refuse", nil)
	g.Expect(err).To(MatchError(And(HavePrefix("start refuse worker: "), HaveSuffix("has ended: failed: the moon is full"))))
	_, err = start(t, group, "dance", nil)
	g.Expect(err).To(MatchError(HaveSuffix(`failed: start worker "dance": there is no such program`)))
	_, err = start(t, group, "echo", func() {})
	g.Expect(err).To(MatchError(HavePrefix("start echo worker: encode configuration: ")))
	p := running(t, group, "crash", time.Minute)
	_, err = p.Await(t.Context(), hasText)
	g.Expect(err).To(MatchError(And(ContainSubstring("has ended: killed: exit status 2"), ContainSubstring("panic: out of cheese"))))
	target.Kill()
	_, err = start(t, group, "echo", nil)
	g.Expect(err).To(MatchError(HavePrefix("start echo worker: ")))
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	g := NewWithT(t)
	group, _, _ := target(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := worker.Start[echo](ctx, worker.Order{Program: "echo", Target: group, Controllers: []string{cgroup.CPU}})
	g.Expect(err).To(MatchError(context.Canceled))
}

// The kernel sends the death signal when the thread that started the worker ends,
// not the process: the end of another thread must not end the worker.
func TestAWorkerOutlivesTheThreadThatAskedForIt(t *testing.T) {
	g := NewWithT(t)
	group, _, _ := target(t)
	started := make(chan *worker.Process[echo])
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		p, err := start(t, group, "echo", echo{"hello"})
		if err != nil {
			t.Error(err)
		}
		started <- p
	}()
	p := <-started
	defer func() { g.Expect(p.Stop()).To(Succeed()) }()
	g.Expect(p.Renew(injector.In(time.Minute))).To(Succeed())
	g.Consistently(p.Ending, "300ms").Should(Equal(worker.Running))
}

func TestWorkersDieWithTheirParent(t *testing.T) {
	g := NewWithT(t)
	_, victim, box := target(t)
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", parent, victim.PID, box.Name))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cmd.Start()).To(Succeed())
	var workers [2]int
	_, err = fmt.Fscan(out, &workers[0], &workers[1])
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(box.Processes(t)).To(ContainElements(workers[0], workers[1]))
	// A stopped worker cannot see the pipe close: the kernel has to end it.
	cgrouptest.Stop(t, workers[0])
	g.Expect(cmd.Process.Kill()).To(Succeed())
	for _, pid := range workers {
		g.Eventually(func() bool { return cgrouptest.HasEnded(pid) }, "2s").Should(BeTrue(), strconv.Itoa(pid))
	}
	g.Expect(cmd.Wait()).To(MatchError("signal: killed"))
}
