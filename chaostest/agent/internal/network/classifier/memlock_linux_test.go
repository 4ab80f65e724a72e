package classifier

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

func TestALimitThatCannotBeLiftedIsNoRefusal(t *testing.T) {
	g := NewWithT(t)
	lift := removeMemlock
	t.Cleanup(func() { removeMemlock = lift })
	removeMemlock = func() error { return errors.New("failed to set memlock rlimit: operation not permitted") }
	networktest.NeedRoot(t)
	l, err := NewLease(0)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Close()).To(Succeed())
}

// The variable makes this test ask for a map with low limits and without capabilities.
const memlockVariable = "CHAOSGATE_TEST_MEMLOCK"

// Under a rootless engine the library takes any kernel for one where the limit counts.
func TestTheMapSaysWhyItCannotBeMade(t *testing.T) {
	g := NewWithT(t)
	if os.Getenv(memlockVariable) != "" {
		g.Expect(unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{})).To(Succeed())
		l, err := NewLease(0)
		if err == nil {
			g.Expect(l.Close()).To(Succeed()) // this kernel lets everybody make maps
			return
		}
		g.Expect(err).To(MatchError(HavePrefix("create BPF map chaosgate_lease: ")))
		g.Expect(strings.Count(err.Error(), "memlock rlimit")).To(BeZero(), err.Error())
		return
	}
	low := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$")
	low.Env = append(os.Environ(), memlockVariable+"=1")
	low.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
	}
	said, err := low.CombinedOutput()
	if ran := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ran) {
		t.Skip("needs user namespaces: ", err)
	}
	g.Expect(err).NotTo(HaveOccurred(), "%s", said)
}
