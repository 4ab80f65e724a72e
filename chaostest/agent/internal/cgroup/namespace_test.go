//go:build linux

package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

// namespaceVariable makes this test a program in a cgroup namespace of its own. Its value
// is the file of the namespace that it enters.
const namespaceVariable = "CHAOSGATE_TEST_NAMESPACE"

func TestAProgramEntersTheHostsCgroupNamespace(t *testing.T) {
	if wanted := os.Getenv(namespaceVariable); wanted != "" {
		err := enterNamespace(wanted)
		now, _ := os.Readlink("/proc/self/ns/cgroup")
		fmt.Println("said:", err, now, os.Args[2:], os.Getenv(movedVariable) == "")
		return
	}
	host, err := os.Readlink("/proc/self/ns/cgroup")
	if err != nil {
		t.Skip("needs a kernel with cgroup namespaces: ", err)
	}
	for name, c := range map[string]struct {
		wanted string
		env    string
		want   func(said string) bool
	}{
		"from its own": {
			wanted: fmt.Sprintf("/proc/%d/ns/cgroup", os.Getpid()),
			want:   func(said string) bool { return said == "<nil> "+host+" [an argument] true" },
		},
		"which it is in already": {
			wanted: "/proc/self/ns/cgroup",
			want: func(said string) bool {
				return strings.HasSuffix(said, " [an argument] true") && !strings.Contains(said, host)
			},
		},
		"once only": {
			wanted: fmt.Sprintf("/proc/%d/ns/cgroup", os.Getpid()), env: movedVariable + "=1",
			want: func(said string) bool {
				return strings.HasSuffix(said, " [an argument] true") && !strings.Contains(said, host)
			},
		},
		"which cannot be seen": {
			wanted: "/proc/0/ns/cgroup",
			want: func(said string) bool {
				return strings.HasPrefix(said, "<nil> cgroup:") && !strings.Contains(said, host)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestAProgramEntersTheHostsCgroupNamespace$", "an argument")
			cmd.Env = append(os.Environ(), namespaceVariable+"="+c.wanted, c.env)
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWCGROUP}
			out, err := cmd.CombinedOutput()
			if os.Getuid() != 0 {
				networktest.Need(t, networktest.RequireRoot, "root, to make a cgroup namespace", err)
			}
			NewWithT(t).Expect(err).NotTo(HaveOccurred(), "%s", out)
			_, after, found := strings.Cut(string(out), "said: ")
			said, _, _ := strings.Cut(after, "\n")
			if !found || !c.want(said) {
				t.Errorf("in the host's %s it said %q", host, out)
			}
		})
	}
}
