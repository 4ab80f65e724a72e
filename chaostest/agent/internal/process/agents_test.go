//go:build linux

package process_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var loads = map[fault.Fault][2]string{
	fault.CPUBurn(0.5): {cgroup.CPUAcct, cgroup.CPUTime}, fault.MemoryFill(0.5): {cgroup.Memory, cgroup.MemoryRoom},
}

// claimed puts the claim of another agent on the container. That agent is a process
// beside it.
func claimed(t *testing.T, box *cgrouptest.Box, target *cgrouptest.Target, f fault.Fault) (agent *cgrouptest.Target, claim cgroup.Claim) {
	t.Helper()
	g := NewWithT(t)
	agent = cgrouptest.NewBox(t, cgrouptest.Limits{}).Start(t, "sleep", "600")
	owner, err := cgroup.ProcessOf(agent.PID)
	g.Expect(err).NotTo(HaveOccurred())
	group, err := cgroup.Of(target.PID, box.Name)
	g.Expect(err).NotTo(HaveOccurred())
	dir, err := group.Dir(loads[f][0])
	g.Expect(err).NotTo(HaveOccurred())
	claim = cgroup.Claim{Dir: dir, File: loads[f][1], Fault: f.String(), Injection: "7f.0", Owners: []cgroup.Process{owner}}
	g.Expect(claim.Take()).To(Succeed())
	return agent, claim
}

func TestALoadOfAnotherAgentIsNamed(t *testing.T) {
	for f, what := range loads {
		t.Run(f.String(), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			target := box.Start(t, "sleep", "600")
			agent, claim := claimed(t, box, target, f)
			untouched := injector.NewJournal(func(step string) error { t.Errorf("a step was about to be done: %s", step); return nil })
			_, err := handle(t, t.Context(), request(box, target, f, time.Minute), untouched)
			g.Expect(err).To(MatchError(HaveSuffix(": " + what[1] + " is taken by " + f.String() + ", injection 7f.0 of another test process: revert that injection first")))
			_, isClaimed := errors.AsType[*cgroup.ClaimedError](err)
			g.Expect(isClaimed).To(BeTrue())

			agent.Kill()
			live, journal := apply(t, request(box, target, f, time.Minute))
			now, found, err := cgroup.ReadClaim(claim.Dir, claim.File)
			g.Expect([]any{now.Injection, found, err}).To(Equal([]any{"1", true, nil}), "a dead agent's claim is nobody's")
			g.Expect(journal.Unwind()).To(Succeed())
			g.Expect(live.Prove()).To(Succeed())
			_, found, _ = cgroup.ReadClaim(claim.Dir, claim.File)
			g.Expect(found).To(BeFalse())
		})
	}
}

func TestOfManyAtTheSameMomentOneIsApplied(t *testing.T) {
	for f, what := range loads {
		t.Run(f.String(), func(t *testing.T) {
			g := NewWithT(t)
			box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})
			target := box.Start(t, "sleep", "600")
			cgrouptest.NothingLeft(t, box)
			var together sync.WaitGroup
			errs := make([]error, 4)
			journals := make([]*injector.Journal, len(errs))
			for i := range errs {
				journals[i] = injector.NewJournal(nil)
				together.Go(func() { _, errs[i] = handle(t, t.Context(), request(box, target, f, time.Minute), journals[i]) })
			}
			together.Wait()
			applied := 0
			for i, err := range errs {
				if err == nil {
					applied++
					continue
				}
				g.Expect(err).To(MatchError(ContainSubstring(what[1] + " is taken by " + f.String() + ", injection 1: revert that injection first")))
				g.Expect(journals[i].Unwind()).To(Succeed())
			}
			g.Expect(applied).To(Equal(1))
			g.Expect(box.Processes(t)).To(HaveLen(2), "the first one stays when the others are undone")
			for _, journal := range journals {
				g.Expect(journal.Unwind()).To(Succeed())
			}
		})
	}
}

// A sweep leaves the claim of a living agent, and removes that of a dead one.
func TestTheSweepKnowsClaimsWithoutAFile(t *testing.T) {
	g := NewWithT(t)
	box := cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5})
	target := box.Start(t, "sleep", "600")
	agent, claim := claimed(t, box, target, fault.CPUBurn(0.5))
	g.Expect(cgroup.Sweep()).To(Succeed())
	_, found, err := cgroup.ReadClaim(claim.Dir, claim.File)
	g.Expect([]any{found, err}).To(Equal([]any{true, nil}))
	agent.Kill()
	g.Expect(cgroup.Sweep()).To(Succeed())
	_, found, err = cgroup.ReadClaim(claim.Dir, claim.File)
	g.Expect([]any{found, err}).To(Equal([]any{false, nil}))
}
