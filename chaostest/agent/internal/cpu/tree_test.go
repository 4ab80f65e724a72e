//go:build linux

package cpu_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
)

// The share is of the whole container's use and quota, also when its first process has
// moved into a group of its own with a smaller quota.
func TestTheShareIsOfTheWholeContainer(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.8})
	init := box.Sub(t, "init")
	if !cgrouptest.V2() { // on v2 the group has no controller
		init.Set(t, "cpu", "cpu.cfs_quota_us", "10000")
	}
	first := init.Start(t, "sleep", "600")
	box.Load(t, 0.2)
	live, journal := burn(t, box, first, 0.5, time.Minute)
	g.Expect(live.Attestation().Readback).To(ContainElement("quota: 0.8 processors"))
	g.Eventually(func(g Gomega) {
		got, stalled := usedOver(t, box, 0.8, time.Second)
		g.Expect(got).To(BeNumerically("~", 0.5, 0.03+stalled))
	}, "20s").Should(Succeed())
	g.Expect(journal.Unwind()).To(Succeed())
	g.Expect(live.Prove()).To(Succeed())
}
