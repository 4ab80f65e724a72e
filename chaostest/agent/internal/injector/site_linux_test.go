package injector

import (
	"errors"
	"os"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// A rootless engine may run without cgroups of its own: its containers are in those of
// the user's login.
func TestFaultsOnCgroupsNeedARootfulEngine(t *testing.T) {
	isRootless = func() bool { return true }
	t.Cleanup(func() { isRootless = Rootless })
	for _, f := range []fault.Fault{fault.CPUBurn(0.5), fault.CPUThrottle(0.5), fault.MemoryFill(0.5), fault.Pause()} {
		g := NewWithT(t)
		_, err := Survey("act on shop", f, Target{ID: "4f5e9a", Name: "shop", PID: os.Getpid()}, Need{Controller: cgroup.CPU})
		g.Expect(errors.Is(err, fault.ErrUnsupported)).To(BeTrue(), "%v", err)
		g.Expect(err).To(MatchError(ContainSubstring(f.String() + ": unsupported, because the engine is rootless and has no cgroups of its own: " +
			"run the suite on a rootful engine (DOCKER_HOST), or leave the fault out there")))
	}
	g := NewWithT(t)
	_, err := Survey("act on shop", fault.Pause(), Target{ID: "4f5e9a", Name: "shop", PID: 1<<22 - 1}, Need{Controller: cgroup.CPU})
	g.Expect(err).To(MatchError(ContainSubstring("there is no such process")), "a container that is gone stays one that is gone")
}

// A person may change the limits of a container on purpose while a fault is live. Only a
// fault that has set limits itself must find them as it left them.
func TestALimitThatSomebodyElseHasSetIsNotOursToUndo(t *testing.T) {
	for _, guest := range []bool{true, false} {
		g := NewWithT(t)
		box := cgrouptest.NewBox(t, cgrouptest.Limits{Memory: 64 << 20})
		target := box.Start(t, "sleep", "600")
		s, err := Survey("act on shop", fault.MemoryFill(0.5), Target{ID: box.Name, Name: "shop", PID: target.PID}, Need{Controller: cgroup.Memory})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.Remember(cgroup.Memory)).To(Succeed())
		if guest {
			g.Expect(s.Claim(cgroup.Memory, cgroup.MemoryRoom, fault.MemoryFill(0.5), "1")).To(Succeed())
		}
		g.Expect(s.ProveUndone()).To(Succeed())
		e := record.Evidence{Summary: "filled"}
		s.AddEnding(&e, false, false, "the worker")
		g.Expect(e.Summary).To(Equal("filled"))

		file := "memory.limit_in_bytes"
		if cgrouptest.V2() {
			file = "memory.max"
		}
		box.Set(t, cgroup.Memory, file, "134217728")
		s.AddEnding(&e, false, false, "the worker")
		words := "somebody else has set " + file + " from 67108864 to 134217728"
		if guest {
			g.Expect(s.Release()).To(Succeed())
			g.Expect(s.ProveUndone()).To(Succeed())
			g.Expect(e.Summary).To(Equal("filled; " + words))
			continue
		}
		g.Expect(s.ProveUndone()).To(MatchError(ContainSubstring(file + `: it was "67108864" before the fault and is "134217728" now`)))
		g.Expect(e.Summary).To(Equal("filled"))
	}
}
