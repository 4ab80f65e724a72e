//go:build linux

package cpu_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// throttle applies a throttle, and checks after the test that nothing of it is left.
func throttle(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share) (injector.Live, *injector.Journal) {
	t.Helper()
	cgrouptest.NothingLeft(t, box)
	return applied(t, throttleRequest(box, target, share))
}

func throttleRequest(box *cgrouptest.Box, target *cgrouptest.Target, share fault.Share) injector.Request[fault.Fault] {
	r := request(box, target, share, time.Minute)
	r.Fault = fault.CPUThrottle(share)
	return r
}

// quota returns the path of the file with the box's quota, and what it holds.
func quota(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target) (file, value string) {
	t.Helper()
	g := NewWithT(t)
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	dir, err := group.Dir(cgroup.CPU)
	g.Expect(err).NotTo(HaveOccurred())
	name := "cpu.cfs_quota_us"
	if cgrouptest.V2() {
		name = "cpu.max"
	}
	value, err = cgroup.ReadSetting(dir, name)
	g.Expect(err).NotTo(HaveOccurred())
	return filepath.Join(dir, name), value
}

// quotaText is what the file shows for a quota in microseconds.
func quotaText(us string) string {
	switch {
	case !cgrouptest.V2():
		return us
	case us == "-1":
		us = "max"
	}
	return us + " 100000"
}

func TestAThrottleSlowsTheContainer(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	target := box.Load(t, 1)
	live, journal := throttle(t, box, target, 0.4)
	_, now := quota(t, box, target)
	g.Expect(now).To(Equal(quotaText("20000")))
	g.Expect(live.Attestation().Path).To(MatchRegexp("^cgroup v[12]$"))
	g.Expect(live.Attestation().Readback).To(ConsistOf(
		HaveSuffix(": "+quotaText("20000")+", before: "+quotaText("50000")), "quota: 0.2 processors"))
	got, stalled := usedOver(t, box, 0.2, 2*time.Second)
	e := live.Evidence()
	t.Logf("got %.2f %% of the lowered quota, stalls %.2f %%; %s", got*100, stalled*100, e.Summary)
	g.Expect(got).To(BeNumerically("<=", 1.05+stalled), "the last of twenty periods may be cut off")
	g.Expect(box.Throttled(t)).To(BeNumerically(">", 0))
	g.Expect(e.Effective).To(BeTrue())
	g.Expect(e.Value("throttled")).To(BeNumerically(">", 0))
	g.Expect(e.Value("periods")).To(BeNumerically(">=", e.Value("throttled")))
	g.Expect(e.Summary).To(MatchRegexp(`^container used \S+ % of its lowered quota of 0.2 processors over \S+; it was stopped in \d+ of \d+ periods$`))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
	_, now = quota(t, box, target)
	g.Expect(now).To(Equal(quotaText("50000")))
}

func TestAContainerWithoutAQuotaGetsAShareOfItsProcessors(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{})
	target := box.Start(t, "sleep", "600")
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	cores, limited, err := group.CPUQuota()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(limited).To(BeFalse())
	live, journal := throttle(t, box, target, 0.5)
	lowered, limited, err := group.CPUQuota()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(limited).To(BeTrue())
	g.Expect(lowered).To(BeNumerically("~", cores/2, 1e-5))
	g.Expect(group.CPUQuotaWithoutFaults()).To(Equal(cores))
	e := live.Evidence()
	g.Expect(e.Effective).To(BeTrue(), "the limit held")
	g.Expect(e.Summary).To(HaveSuffix(": it never reached the quota, so it was not slowed"))
	g.Expect(journal.Unwind()).To(Succeed())
	_, now := quota(t, box, target)
	g.Expect(now).To(Equal(quotaText("-1")))
}

func TestAQuotaThatSomebodyElseSetsIsLeftAloneAndReported(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	target := box.Start(t, "sleep", "600")
	live, journal := throttle(t, box, target, 0.5)
	file, _ := quota(t, box, target)
	g.Expect(os.WriteFile(file, []byte(quotaText("70000")), 0)).To(Succeed())
	t.Cleanup(func() { _ = os.WriteFile(file, []byte(quotaText("50000")), 0) }) // checked by NothingLeft
	g.Expect(live.Evidence().Effective).To(BeFalse())
	g.Expect(live.Evidence().Summary).To(HaveSuffix(`: somebody else has set ` + file + ` to "` + quotaText("70000") + `"`))
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(MatchError(ContainSubstring(file + ": it was \"" + quotaText("50000") + "\" before the fault and is \"" + quotaText("70000") + "\" now")))
	g.Expect(os.WriteFile(file, []byte(quotaText("50000")), 0)).To(Succeed())
}

// On v1 the quota is in two files, so somebody else may change it with either.
func TestAQuotaThatChangesUnderAThrottle(t *testing.T) {
	files := map[string][2]string{"the quota": {"cpu.cfs_quota_us", "40000"}, "the period": {"cpu.cfs_period_us", "50000"}}
	if cgrouptest.V2() {
		files = map[string][2]string{"the quota": {"cpu.max", "40000 100000"}, "the period": {"cpu.max", "25000 50000"}}
	}
	for name, c := range files {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
			target := box.Load(t, 1)
			live, journal := applied(t, throttleRequest(box, target, 0.5))
			g.Eventually(live.Evidence, "20s").Should(HaveField("Effective", true))
			live.Verify()
			g.Expect(live.Evidence().Gaps).To(BeEmpty())
			box.Set(t, "cpu", c[0], c[1])
			live.Verify()
			live.Verify()
			e := live.Evidence()
			g.Expect(e.Effective).To(BeFalse())
			g.Expect(e.Gaps).To(HaveExactElements(And(HaveField("Text", ContainSubstring("somebody else has set ")), HaveField("To", BeZero()), HaveField("Expected", false))))
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Evidence().Gaps).To(HaveLen(1))
		})
	}
}

// v1 allows no quota that is smaller than one below it. v2 does.
func TestAContainerWithAQuotaOfItsOwnBelow(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	init := box.Sub(t, "init")
	target := init.Start(t, "sleep", "600")
	if cgrouptest.V2() {
		box.Delegate(t)
		init.Set(t, "cpu", "cpu.max", "40000 100000")
		throttle(t, box, target, 0.5)
		return
	}
	init.Set(t, "cpu", "cpu.cfs_quota_us", "40000")
	untouched := injector.NewJournal(func(step string) error { t.Errorf("a step was about to be done: %s", step); return nil })
	_, err := apply(t, t.Context(), throttleRequest(box, target, 0.5), untouched)
	g.Expect(err).To(MatchError(MatchRegexp(`the container has a group of its own, \S+/init, with a quota of 0.4 processors, .*: ask for at least 80 %, or lower that quota first$`)))
	throttle(t, box, target, 0.8)
}

func TestThrottlesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		share fault.Share
		want  string
	}{
		"below the kernel's minimum": {0.01, "throttle CPU of shop: 1 % of 0.05 processors is 50 us in each period of 100000 us, and the kernel allows no less than 1ms: ask for at least 20 %"},
		"on top of another":          {0.5, " is set by CPU throttle to 50 % of the quota, injection 1: revert that injection first"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.05})
			target := box.Start(t, "sleep", "600")
			if c.share == 0.5 {
				throttle(t, box, target, 0.5)
			}
			_, was := quota(t, box, target)
			r := throttleRequest(box, target, c.share)
			r.ID = "2"
			journal := injector.NewJournal(nil)
			_, err := apply(t, t.Context(), r, journal)
			g.Expect(err).To(MatchError(HaveSuffix(c.want)))
			g.Expect(journal.Unwind()).To(Succeed())
			_, now := quota(t, box, target)
			g.Expect(now).To(Equal(was), "the file was left alone")
		})
	}
}

// The order must not matter, and neither fault may look like a foreign change to
// the other.
func TestAThrottleAndABurnRevertedInAnyOrder(t *testing.T) {
	for name, first := range map[string]int{"the burn first": 0, "the throttle first": 1} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 1})
			target := box.Start(t, "sleep", "600")
			cgrouptest.NothingLeft(t, box)
			var lives [2]injector.Live
			var journals [2]*injector.Journal
			requests := []injector.Request[fault.Fault]{
				request(box, target, 0.5, time.Minute), throttleRequest(box, target, 0.4),
			}
			for _, i := range []int{first, 1 - first} {
				lives[i], journals[i] = applied(t, requests[i])
			}
			// Half of the lowered quota, a fifth of a processor, once the burner has seen it.
			g.Eventually(func(g Gomega) {
				got, stalled := usedOver(t, box, 0.4, time.Second)
				g.Expect(got).To(BeNumerically("~", 0.5, 0.06+stalled))
			}, "20s").Should(Succeed())
			for _, i := range []int{first, 1 - first} {
				g.Expect(journals[i].Unwind()).To(Succeed())
				g.Expect(lives[i].Prove()).To(Succeed())
			}
			_, now := quota(t, box, target)
			g.Expect(now).To(Equal(quotaText("100000")))
		})
	}
}
