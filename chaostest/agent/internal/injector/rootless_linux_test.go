package injector

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
)

func TestARootlessEngineIsKnownByItsUserIDs(t *testing.T) {
	for ids, want := range map[string]bool{
		"         0          0 4294967295\n":                          false,
		"         0       1000          1\n":                          true,
		"         0       1000          1\n1     100000      65536\n": true,
		"         0     100000      65536\n":                          true,
		"         0          0      65536\n":                          true,
	} {
		read := func(string) ([]byte, error) { return []byte(ids), nil }
		NewWithT(t).Expect(rootless(read)).To(Equal(want), "%q", ids)
	}
	none := func(string) ([]byte, error) { return nil, fs.ErrNotExist }
	NewWithT(t).Expect(rootless(none)).To(BeFalse(), "a kernel without user namespaces")
}

// The variable makes this test ask in a user namespace of its own.
const rootlessVariable = "CHAOSGATE_TEST_ROOTLESS"

func TestTheKernelShowsWhetherTheEngineIsRootless(t *testing.T) {
	g := NewWithT(t)
	if os.Getenv(rootlessVariable) != "" {
		g.Expect(Rootless()).To(BeTrue())
		return
	}
	inside := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$")
	inside.Env = append(os.Environ(), rootlessVariable+"=1")
	inside.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
	}
	said, err := inside.CombinedOutput()
	if ran := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ran) {
		t.Skip("needs user namespaces: ", err)
	}
	g.Expect(err).NotTo(HaveOccurred(), "%s", said)
}
