//go:build linux

package cpu_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cpu"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestMain(m *testing.M) {
	cgrouptest.Main()
	keeper.Main()
	worker.Main(map[string]worker.Program{cpu.Program: cpu.Burn})
	leakcheck.Main(m)
}

func request(box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) injector.Request[fault.Fault] {
	return injector.Request[fault.Fault]{
		ID: "1", Target: injector.Target{ID: box.Name, Name: "shop", PID: target.PID},
		Fault: fault.CPUBurn(share), Lease: func() uint64 { return injector.In(lease) },
	}
}

// apply applies a fault with a new keeper, which is closed when the test ends.
func apply(t *testing.T, ctx context.Context, r injector.Request[fault.Fault], journal *injector.Journal) (injector.Live, error) { //nolint:revive // t comes first in a test's helper
	t.Helper()
	k := keeper.New()
	t.Cleanup(func() { NewWithT(t).Expect(k.Close()).To(Succeed()) })
	handler, err := injector.Find(cpu.Faults(k), r.Fault)
	if err != nil {
		return nil, err
	}
	return handler.Apply(ctx, r, journal)
}

// applied applies a fault, which is undone when the test ends.
func applied(t *testing.T, r injector.Request[fault.Fault]) (injector.Live, *injector.Journal) {
	t.Helper()
	g := NewWithT(t)
	journal := injector.NewJournal(nil)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	live, err := apply(t, ctx, r, journal)
	t.Cleanup(func() { g.Expect(journal.Unwind()).To(Succeed()) })
	g.Expect(err).NotTo(HaveOccurred())
	return live, journal
}

// burn applies a burn, and checks after the test that nothing of it is left.
func burn(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) (injector.Live, *injector.Journal) {
	t.Helper()
	cgrouptest.NothingLeft(t, box)
	return applied(t, request(box, target, share, lease))
}

// usedOver is the share of a number of processors that the box uses in a span.
// Stalled is the share in which the machine itself stood still: a virtual machine
// counts the time that its host takes away as used by the process that ran.
func usedOver(t *testing.T, box *cgrouptest.Box, cores float64, span time.Duration) (share, stalled float64) {
	t.Helper()
	start, used, stalls := time.Now(), box.CPUTime(t), standstills(t)
	time.Sleep(span)
	took := time.Since(start).Seconds() * cores
	return (box.CPUTime(t) - used).Seconds() / took, stalls().Seconds() / took
}

// standstills measures for how long the machine stands still, until the result is asked for.
func standstills(t *testing.T) (result func() time.Duration) {
	t.Helper()
	const look = 5 * time.Millisecond
	var stalls time.Duration
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for last := time.Now(); ; last = time.Now() {
			select {
			case <-end:
				return
			case <-time.After(look):
			}
			if late := time.Since(last) - look; late > 4*look {
				stalls += late
			}
		}
	}()
	stop := sync.OnceFunc(func() { close(end); <-ended })
	t.Cleanup(stop)
	return func() time.Duration {
		stop()
		return stalls
	}
}

// countingStep is the step in which the kernel counts a process's time: a tick on
// user-mode-linux, and next to nothing elsewhere.
func countingStep(t *testing.T) time.Duration {
	t.Helper()
	var last, now unix.Timespec
	read := func(into *unix.Timespec) {
		NewWithT(t).Expect(unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, into)).To(Succeed())
	}
	for range 3 { // the first steps may be parts of one
		for last = now; now == last; {
			read(&now)
		}
	}
	return time.Duration(now.Nano() - last.Nano())
}

func TestTheContainerComesToItsShare(t *testing.T) {
	for _, c := range []struct {
		quota, load float64
		share       fault.Share
	}{
		{1, 0, 0.10},
		{1, 0, 0.50},
		{1, 0.30, 0.50},
		{0.5, 0, 0.50},
		{0.5, 0.15, 0.60},
		{0.1, 0, 0.10},
		{0.02, 0, 0.50}, // where the burner's own turns cost much of it
	} {
		t.Run(fmt.Sprintf("%s of %g processors, %g used by the container", c.share, c.quota, c.load), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: c.quota})
			target := box.Start(t, "sleep", "600")
			if step := countingStep(t); c.quota*float64(c.share) < 0.05 && step > time.Millisecond {
				_, err := apply(t, t.Context(), request(box, target, c.share, time.Minute), injector.NewJournal(nil))
				g.Expect(err).To(MatchError(MatchRegexp(`the kernel counts processor time in steps of \S+, which is too coarse for \d+ % of \S+ processors: ask for at least`)))
				return
			}
			if c.load > 0 {
				target = box.Load(t, c.load)
			}
			live, journal := burn(t, box, target, c.share, time.Minute)
			began, before, stalls := time.Now(), box.CPUTime(t), standstills(t)
			// At first it makes up for what its own start has used.
			g.Eventually(func(g Gomega) {
				got, stalled := usedOver(t, box, c.quota, 500*time.Millisecond)
				g.Expect(got).To(BeNumerically("<=", float64(c.share)+0.05+stalled))
			}, "20s").Should(Succeed())
			span, exact := 3*time.Second, 0.01
			if c.quota*float64(c.share) < 0.05 { // turns of 100 ms, of which one may be cut off
				span, exact = 6*time.Second, 0.01+0.1/6
			}
			got, stalled := usedOver(t, box, c.quota, span)
			e := live.Evidence()
			t.Logf("asked %s, got %.2f %%, stalls %.2f %%; %s", c.share, got*100, stalled*100, e.Summary)
			if stalled > 0 {
				exact = 0.06 + stalled
			}
			g.Expect(got).To(BeNumerically("~", float64(c.share), exact))
			took := time.Since(began).Seconds() * c.quota
			outside := (box.CPUTime(t) - before).Seconds() / took
			g.Expect(float64(e.Value("usage"))).To(BeNumerically("~", outside, 0.05+stalls().Seconds()/took), "it counts from the first moment on")
			if !e.Effective { // a machine that stands still counts that time as used, and the evidence says by whom
				g.Expect(stalled).To(BeNumerically(">", 0), e.Summary)
				g.Expect(e.Summary).To(Or(ContainSubstring("the machine stood still at times"), ContainSubstring("the container used its share by itself")))
			}
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
		})
	}
}

func TestTheAttestationOfABurn(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	live, journal := burn(t, box, box.Start(t, "sleep", "600"), 0.5, time.Minute)
	a := live.Attestation()
	version := "cgroup v1"
	if cgrouptest.V2() {
		version = "cgroup v2"
	}
	g.Expect(a.Path).To(Equal(version))
	g.Expect(a.Readback).To(ConsistOf(
		"quota: 0.5 processors",
		MatchRegexp(`^cgroup.procs: lists the burner, process \d+$`),
		MatchRegexp(`^usage counter: moved by \S+; the burner was asked to burn \S+$`)))

	g.Eventually(live.Evidence, "20s").Should(HaveField("Effective", true))
	burnt := live.Evidence().Value("cpu time")
	g.Expect(burnt).To(BeNumerically(">", 0))
	g.Expect(journal.Unwind()).To(Succeed())
	final := live.Evidence()
	g.Expect(final.Value("cpu time")).To(BeNumerically(">=", burnt))
	g.Expect(final.Summary).To(MatchRegexp(`^container used \S+ % of its quota of 0.5 processors over \S+, 50 % asked, the burner's part \S+$`))
	g.Expect(live.Evidence()).To(Equal(final), "it does not change any more")
	g.Expect(live.Prove()).To(Succeed())
	g.Expect(live.Renew(injector.In(time.Minute))).NotTo(Succeed())
}

// A share that is less than what the burner costs is refused, and the refusal says which
// share is large enough.
func TestAShareThatTheBurnerCannotKeep(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.02})
	target := box.Start(t, "sleep", "600")
	cgrouptest.NothingLeft(t, box)
	var used time.Duration
	g.Eventually(func() bool { // the target has started
		before := used
		used = box.CPUTime(t)
		return used == before && used > 0
	}, "10s", "50ms").Should(BeTrue())
	journal, stalls := injector.NewJournal(nil), standstills(t)
	_, err := apply(t, t.Context(), request(box, target, 0.01, time.Minute), journal)
	g.Expect(err).To(MatchError(MatchRegexp(`(the burner itself needs \S+ % of a processor, and|steps of \S+, which is too coarse for) 1 % of 0.02 processors.*: ask for at least \S+ %, or give the container a larger quota`)))
	g.Expect(box.CPUTime(t)).To(BeNumerically("<=", used+2*countingStep(t)+stalls()), "the burner was never in the container")
	g.Expect(journal.Unwind()).To(Succeed())
}

func TestAContainerThatUsesItsShareByItself(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	target := box.Start(t, "sleep", "600")
	work := func() {
		used := box.CPUTime(t)
		box.Load(t, 1)
		g.Eventually(func() time.Duration { return box.CPUTime(t) }, "20s").Should(BeNumerically(">", used+500*time.Millisecond))
	}
	// A kernel that counts in ticks may leave a thread that was never charged one waiting for
	// seconds when it comes into a busy group (vruntime_normalized, kernel/sched/fair.c before
	// 6.6). There the container becomes busy after the burner.
	coarse := countingStep(t) > time.Millisecond
	if !coarse {
		work()
	}
	live, _ := burn(t, box, target, 0.05, time.Minute)
	if coarse {
		work()
	}
	used := box.CPUTime(t)
	g.Eventually(func() time.Duration { return box.CPUTime(t) }, "20s").Should(BeNumerically(">", used+500*time.Millisecond))
	g.Expect(live.Evidence()).To(And(
		HaveField("Effective", false),
		HaveField("Summary", HaveSuffix("the container used its share by itself, so the fault changed nothing"))))
}

// A burst of the container just before the revert is the container's, and the fault was
// what it should be.
func TestABurstOfTheContainerIsItsOwn(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	target := box.Start(t, "sleep", "600")
	live, journal := burn(t, box, target, 0.3, time.Minute)
	g.Eventually(func() record.Float { return live.Evidence().Value("cpu time") }, "20s").Should(BeNumerically(">", 0.3))
	used, stalls := box.CPUTime(t), standstills(t)
	burst := box.Load(t, 1)
	g.Eventually(func() time.Duration { return box.CPUTime(t) }, "20s").Should(BeNumerically(">", used+300*time.Millisecond))
	burst.Kill()
	g.Expect(journal.Unwind()).To(Succeed())
	e := live.Evidence()
	if e.Spoilt != "" { // a machine that stands still counts that time as used by the burner
		g.Expect(e.Spoilt).To(ContainSubstring("the machine stood still at times"))
		g.Expect(stalls()).To(BeNumerically(">", 0), e.Summary)
		return
	}
	g.Expect(e.Summary).To(Or(HaveSuffix("at times the container used more than its share by itself"), HaveSuffix("the container used its share by itself, so the fault changed nothing")))
}

func TestALeaseThatLapses(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 1})
	target := box.Start(t, "sleep", "600")
	live, journal := burn(t, box, target, 0.5, 2*time.Second)
	g.Eventually(live.Evidence, "10s").Should(And(
		HaveField("LeaseLapsed", true), HaveField("Effective", false),
		HaveField("Summary", ContainSubstring("its lease lapsed"))))
	g.Eventually(func() []int { return box.Processes(t) }, "2s").Should(Equal([]int{target.PID}))
	usage := live.Evidence().Value("usage")
	after, stalled := usedOver(t, box, 1, time.Second)
	g.Expect(after).To(BeNumerically("<", 0.02+stalled))
	g.Expect(live.Evidence().Value("usage")).To(Equal(usage), "what came after is not the fault's")
	g.Expect(live.Renew(injector.In(time.Minute))).To(MatchError(And(HavePrefix("keep burning CPU in shop: "), HaveSuffix("lease lapsed"))))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

func TestSomebodyElseKillsTheBurner(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 1})
	target := box.Start(t, "sleep", "600")
	live, journal := burn(t, box, target, 0.5, time.Minute)
	for _, pid := range box.Processes(t) {
		if pid != target.PID {
			g.Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
		}
	}
	g.Eventually(live.Evidence, "10s").Should(And(HaveField("Effective", false), HaveField("Summary", ContainSubstring("killed: signal: killed"))))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

func TestALimitThatSomebodyElseHasSetIsInTheEvidence(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 1})
	target := box.Start(t, "sleep", "600")
	live, journal := burn(t, box, target, 0.5, time.Minute)
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	dir, err := group.Dir(cgroup.CPU)
	g.Expect(err).NotTo(HaveOccurred())
	name, before, changed := "cpu.cfs_quota_us", "100000", "70000"
	if cgrouptest.V2() {
		name, before, changed = "cpu.max", "100000 100000", "70000 100000"
	}
	file := filepath.Join(dir, name)
	g.Expect(os.WriteFile(file, []byte(changed), 0)).To(Succeed())
	defer func() { g.Expect(os.WriteFile(file, []byte(before), 0)).To(Succeed()) }()
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	g.Expect(live.Evidence().Summary).To(ContainSubstring(fmt.Sprintf("; somebody else has set %s from %s to %s", name, before, changed)))
}
