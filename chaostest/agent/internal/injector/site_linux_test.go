package injector

import (
	"errors"
	"os"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup"
	"github.com/chaosgate/chaosgate/chaostest/fault"
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
