//go:build linux

package memory_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/memory"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/worker"
	"github.com/chaosgate/chaosgate/chaostest/e2e/leakcheck"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

const mib = 1 << 20

// batches is how much the kernel's count of a cgroup's memory may vary while nothing
// is taken: each processor counts up to 64 pages in advance (MEMCG_CHARGE_BATCH).
var batches = float64(runtime.NumCPU() * 64 * os.Getpagesize())

func TestMain(m *testing.M) {
	cgrouptest.Main()
	worker.Main(map[string]worker.Program{memory.Program: memory.Fill})
	leakcheck.Main(m)
}

func request(box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) injector.Request[fault.Fault] {
	return injector.Request[fault.Fault]{
		ID: "1", Target: injector.Target{ID: box.Name, Name: "shop", PID: target.PID},
		Fault: fault.MemoryFill(share), Lease: func() uint64 { return injector.In(lease) },
	}
}

func handle(ctx context.Context, r injector.Request[fault.Fault], journal *injector.Journal) (injector.Live, error) {
	handler, err := injector.Find(memory.Faults(), r.Fault)
	if err != nil {
		return nil, err
	}
	return handler.Apply(ctx, r, journal)
}

// apply applies a fill, and checks after the test that nothing of it is left.
func apply(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) (injector.Live, *injector.Journal, error) {
	t.Helper()
	g := NewWithT(t)
	cgrouptest.NothingLeft(t, box)
	journal := injector.NewJournal(nil)
	t.Cleanup(func() { g.Expect(journal.Unwind()).To(Succeed()) })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	live, err := handle(ctx, request(box, target, share, lease), journal)
	return live, journal, err
}

// count matches one count of the evidence.
func count(name string, matcher types.GomegaMatcher) types.GomegaMatcher {
	return WithTransform(func(e record.Evidence) float64 { return float64(e.Value(name)) }, matcher)
}

func fill(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share, lease time.Duration) (injector.Live, *injector.Journal) {
	t.Helper()
	live, journal, err := apply(t, box, target, share, lease)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return live, journal
}

func TestTheWorkingSetComesToItsShare(t *testing.T) {
	for _, c := range []struct {
		limit int
		share fault.Share
	}{{32 * mib, 0.70}, {64 * mib, 0.30}, {64 * mib, 0.80}, {256 * mib, 0.80}, {256 * mib, 0.95}} {
		t.Run(fmt.Sprintf("%s of %d MiB", c.share, c.limit/mib), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: c.limit})
			target := box.Start(t, "sleep", "600")
			before := box.MemoryUsed(t)
			live, journal := fill(t, box, target, c.share, time.Minute)
			got := float64(box.MemoryUsed(t)) / float64(c.limit)
			e := live.Evidence()
			t.Logf("asked %s, got %.2f %%; %s", c.share, 100*got, e.Summary)
			exact := max(0.01, batches/float64(c.limit))
			g.Expect(got).To(BeNumerically("~", float64(c.share), exact))
			g.Expect(got).To(BeNumerically("<=", float64(c.share)+float64(mib)/float64(c.limit)))
			g.Expect(float64(box.Mapped(t))).To(BeNumerically(">=", float64(e.Value("held"))), "the worker's memory is not page cache")
			g.Expect(e.Effective).To(BeTrue())
			g.Expect(float64(e.Value("usage"))).To(BeNumerically("~", got, exact))
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
			g.Expect(float64(box.MemoryUsed(t))).To(BeNumerically("~", float64(before), 2*mib), "all memory came back")
			g.Expect(float64(live.Evidence().Value("held"))).To(BeNumerically("~", float64(e.Value("held")), batches), "what was held stays in the evidence")
		})
	}
}

// The memory that the worker needs for itself must not grow: in a small container, a
// hundredth of the limit is less than a Go program usually takes.
func TestTheWorkersMemoryDoesNotGrowInASmallContainer(t *testing.T) {
	g := NewWithT(t)
	const limit = 32 * mib
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: limit})
	live, _ := fill(t, box, box.Start(t, "sleep", "600"), 0.7, time.Minute)
	// What the worker holds for the fault may grow: when another cgroup takes the
	// processor, the kernel stops counting pages in advance, and the worker replaces
	// them.
	overhead := func() float64 {
		for {
			held, mapped := live.Evidence().Value("held"), box.Mapped(t)
			if live.Evidence().Value("held") == held {
				return float64(mapped) - float64(held)
			}
		}
	}
	first := overhead()
	g.Consistently(func(g Gomega) {
		g.Eventually(overhead, "1s", "5ms").Should(BeNumerically("<=", first+0.01*limit), "once it has reported what it took")
		g.Expect(float64(box.MemoryUsed(t))).To(BeNumerically("~", 0.7*limit, 0.01*limit+batches))
	}, "6s", "20ms").Should(Succeed())
}

func TestTheWorkerGivesNothingBackWhenTheContainerGrows(t *testing.T) {
	g := NewWithT(t)
	const limit = 128 * mib
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: limit})
	target := box.Grow(t, 20*mib)
	live, _ := fill(t, box, target, 0.5, time.Minute)
	held := live.Evidence().Value("held")
	target.Say(t, "")
	g.Expect(target.Hear(t)).To(Equal("grown"))
	g.Expect(box.MemoryUsed(t)).To(BeNumerically(">", 0.5*limit+18*mib), "the worker gives nothing back")
	g.Expect(live.Evidence()).To(And(count("held", BeNumerically("~", held, batches)), HaveField("Effective", true)))
}

func TestTheWorkerFillsUpWhenTheContainerShrinks(t *testing.T) {
	g := NewWithT(t)
	const limit = 128 * mib
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: limit})
	target, tenant := box.Start(t, "sleep", "600"), box.Grow(t, 30*mib)
	tenant.Say(t, "")
	g.Expect(tenant.Hear(t)).To(Equal("grown"))
	live, _ := fill(t, box, target, 0.5, time.Minute)
	held := live.Evidence().Value("held")
	tenant.Kill()
	g.Eventually(func() float64 { return float64(box.MemoryUsed(t)) }, "1m").Should(BeNumerically("~", 0.5*limit, 0.01*limit))
	g.Eventually(func() record.Float { return live.Evidence().Value("held") }, "10s").Should(BeNumerically(">", held+25*mib))
}

func TestTheAttestationOfAFill(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 * mib})
	live, _ := fill(t, box, box.Start(t, "sleep", "600"), 0.5, time.Minute)
	g.Expect(live.Attestation().Path).To(MatchRegexp("^cgroup v[12]$"))
	g.Expect(live.Attestation().Readback).To(ConsistOf(
		"limit: 64 MiB",
		MatchRegexp(`^memory without page cache: \S+ MiB, (49|50)(\.\d)? % of the limit; the worker holds \S+ MiB$`),
		MatchRegexp(`^cgroup.procs: lists the worker, process \d+$`),
		"oom_kill: 0, as before"))
}

func TestAnOutOfMemoryKillMakesTheFaultIneffective(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 128 * mib})
	target := box.Grow(t, 45*mib)
	live, journal := fill(t, box, target, 0.8, time.Minute)
	g.Expect(live.Evidence().Value("oom kills")).To(BeZero())
	target.Say(t, "")
	// On a busy machine the worker's memory may come back too late, so that the kernel
	// then kills the target, too. The evidence has to say that.
	g.Eventually(live.Evidence, "1m").Should(And(
		count("oom kills", BeNumerically(">=", 1)), HaveField("Effective", false),
		HaveField("Summary", MatchRegexp(`; the kernel killed the worker that held the memory( and others)? because memory ran out \(oom_kill went up by [12]\): `+
			`fill to a smaller share than 80 %, or give the container more memory$`))))
	g.Expect(live.Renew(injector.In(time.Minute))).To(MatchError(And(
		HavePrefix("keep the memory of shop filled: the kernel killed the worker"), ContainSubstring("oom_kill"))))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	g.Expect(live.Evidence()).To(And(HaveField("Effective", false), count("oom kills", BeNumerically(">=", 1))))
}

func TestTheEvidenceSaysWhenAnotherProcessIsKilledToo(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 128 * mib})
	target, tenant := box.Start(t, "sleep", "600"), box.Grow(t, 150*mib)
	live, _ := fill(t, box, target, 0.3, time.Minute)
	tenant.Say(t, "") // this takes more than the limit: after the worker, the kernel kills the tenant
	g.Eventually(live.Evidence, "1m").Should(And(
		count("oom kills", BeNumerically("==", 2)), HaveField("Effective", false), HaveField("Summary", ContainSubstring("the worker that held the memory and others"))))
}

func TestFillingMayTakeLongerThanALease(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 256 * mib})
	target := box.Start(t, "sleep", "600")
	const lease = 2 * time.Second
	applied := make(chan injector.Live)
	go func() {
		defer close(applied)
		live, _, err := apply(t, box, target, 0.9, lease)
		if err != nil {
			t.Error(err)
			return
		}
		applied <- live
	}()
	var all []int
	g.Eventually(func() int { all = box.Processes(t); return len(all) }, "1m", "1ms").Should(Equal(2))
	worker := all[0] + all[1] - target.PID
	cgrouptest.Stop(t, worker)
	g.Consistently(applied, lease+500*time.Millisecond).ShouldNot(Receive(), "otherwise the worker was stopped too late")
	g.Expect(syscall.Kill(worker, syscall.SIGCONT)).To(Succeed())
	live, ok := <-applied
	g.Expect(ok).To(BeTrue(), "the fill was applied")
	g.Expect(live.Evidence()).To(And(HaveField("Effective", true), HaveField("LeaseLapsed", false)))
}

func TestALeaseThatLapses(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 * mib})
	target := box.Start(t, "sleep", "600")
	before := box.MemoryUsed(t)
	live, journal := fill(t, box, target, 0.8, 2*time.Second)
	g.Eventually(live.Evidence, "10s").Should(And(
		HaveField("LeaseLapsed", true), HaveField("Effective", false), count("held", BeZero()),
		HaveField("Summary", ContainSubstring("its lease lapsed"))))
	g.Eventually(func() float64 { return float64(box.MemoryUsed(t)) }, "2s").Should(BeNumerically("~", float64(before), 2*mib))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

func TestTheTargetDies(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 * mib})
	target := box.Start(t, "sleep", "600")
	live, journal := fill(t, box, target, 0.5, time.Minute)
	target.Kill()
	g.Eventually(func() []int { return box.Processes(t) }, "10s").Should(BeEmpty(), "the worker ends by itself")
	g.Expect(live.Evidence()).To(And(HaveField("TargetDied", true), HaveField("Effective", true), count("oom kills", BeZero())))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

// A service may free memory at any moment. The worker takes it a moment later, and the
// fault is judged over the time that it lasted.
func TestMemoryThatIsFreedJustBeforeTheRevert(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 256 * mib})
	target, tenant := box.Start(t, "sleep", "600"), box.Grow(t, 60*mib)
	tenant.Say(t, "")
	g.Expect(tenant.Hear(t)).To(Equal("grown"))
	live, journal := fill(t, box, target, 0.8, time.Minute)
	g.Eventually(live.Evidence, "1m").Should(HaveField("Summary", MatchRegexp(`100 % of [2-9]\.\d+s$`)))
	tenant.Kill()
	g.Expect(live.Evidence()).To(HaveField("Effective", true))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Evidence()).To(And(HaveField("Effective", true), count("kept", BeNumerically(">=", 0.9))))
}

// The kernel gives page cache up before it kills, so cache is no obstacle to a fill.
func TestPageCacheMakesRoom(t *testing.T) {
	g := NewWithT(t)
	const limit = 64 * mib
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: limit})
	target := box.Cache(t, 46*mib)
	cache := box.PageCache(t)
	g.Expect(cache).To(BeNumerically(">", 40*mib))
	live, journal := fill(t, box, target, 0.6, time.Minute)
	held := int(live.Evidence().Value("held"))
	g.Expect(held).To(BeNumerically(">", 0.5*limit))
	g.Expect(box.Mapped(t)).To(BeNumerically(">=", held), "the worker's memory is there")
	g.Expect(box.PageCache(t)).To(BeNumerically("<", cache-8*mib), "the kernel has given cache up")
	g.Expect(float64(box.MemoryUsed(t))).To(BeNumerically("~", 0.6*limit, 0.01*limit+batches))
	g.Expect(live.Evidence()).To(And(HaveField("Effective", true), HaveField("Summary", HavePrefix("memory without page cache "))))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

func TestALimitThatChangesUnderAFill(t *testing.T) {
	file := "memory.limit_in_bytes"
	if cgrouptest.V2() {
		file = "memory.max"
	}
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 * mib})
	live, journal := fill(t, box, box.Start(t, "sleep", "600"), 0.5, time.Minute)
	for _, limit := range []int{128 * mib, 80 * mib} {
		box.Set(t, "memory", file, fmt.Sprint(limit))
		g.Eventually(func() float64 { return float64(box.MemoryUsed(t)) / float64(limit) }, "1m").Should(BeNumerically("~", 0.5, 0.01+batches/float64(limit)))
		g.Eventually(live.Evidence, "10s").Should(HaveField("Summary", ContainSubstring(fmt.Sprintf("; the limit went from 64 MiB to %d MiB under the fault, and the worker follows it", limit/mib))))
	}
	g.Expect(live.Evidence().Effective).To(BeTrue())
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed(), "somebody else has set the limit, and a revert leaves that")
	g.Expect(live.Evidence().Summary).To(ContainSubstring(fmt.Sprintf("; somebody else has set %s from %d to %d", file, 64*mib, 80*mib)))
	box.Set(t, "memory", file, fmt.Sprint(64*mib))
}

// The share is of the container's limit. A smaller one of the first process is said.
func TestTheFirstProcessHasASmallerLimit(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 * mib})
	init := box.Sub(t, "init")
	target := init.Start(t, "sleep", "600")
	box.Delegate(t)
	file := "memory.limit_in_bytes"
	if cgrouptest.V2() {
		file = "memory.max"
	}
	init.Set(t, "memory", file, fmt.Sprint(16*mib))
	live, journal := fill(t, box, target, 0.5, time.Minute)
	g.Expect(float64(box.MemoryUsed(t))).To(BeNumerically("~", 32*mib, mib))
	g.Expect(live.Attestation().Notes).To(ContainElement(MatchRegexp(`^the first process's own group \S+/init has a smaller limit, 16 MiB: the share is of the container's$`)))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}

func TestFillsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		limit int
		share fault.Share
		want  string
	}{
		"no limit":      {0, 0.5, "fill memory of shop: the container has no memory limit that it could reach 50 % of: start it with one (docker run --memory)"},
		"already there": {64 * mib, 0.1, "% of its limit of 64 MiB: ask for a larger share"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: c.limit})
			target := box.Grow(t, 16*mib)
			target.Say(t, "")
			g.Expect(target.Hear(t)).To(Equal("grown"))
			r := request(box, target, c.share, time.Minute)
			journal := injector.NewJournal(func(step string) error { t.Errorf("a step was about to be done: %s", step); return nil })
			_, err := handle(t.Context(), r, journal)
			g.Expect(err).To(MatchError(ContainSubstring(c.want)))
		})
	}
}
