package networktest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Host is a process in a new network namespace, with a netlink handle in that namespace.
type Host struct {
	*netlink.Handle
	t         testing.TB
	g         *WithT
	process   *exec.Cmd
	namespace netns.NsHandle
}

// NewHost makes a host with only a loopback interface. It ends with the test.
func NewHost(t testing.TB) *Host {
	t.Helper()
	h := &Host{t: t, g: NewWithT(t), process: exec.Command("cat")}
	h.process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	_, err := h.process.StdinPipe() // it closes when this process ends, and then cat ends too
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.process.Start()).To(Succeed())
	t.Cleanup(h.End)
	h.namespace, err = netns.GetFromPid(h.PID())
	h.g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { h.g.Expect(h.namespace.Close()).To(Succeed()) })
	h.Handle, err = netlink.NewHandleAt(h.namespace, unix.NETLINK_ROUTE)
	h.g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(h.Close)
	lo, err := h.LinkByName("lo")
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.LinkSetUp(lo)).To(Succeed())
	return h
}

// PID is the ID of the host's process.
func (h *Host) PID() int { return h.process.Process.Pid }

// NamespacePath is the path of the host's network namespace in /proc.
func (h *Host) NamespacePath() string { return fmt.Sprintf("/proc/%d/ns/net", h.PID()) }

// End kills the host's process. Its network stays as long as the test.
func (h *Host) End() {
	_ = h.process.Process.Kill()
	_ = h.process.Wait()
}

// Processes returns the IDs of the processes in the host's network, in no order.
func (h *Host) Processes() []int {
	h.t.Helper()
	network, err := os.Stat(fmt.Sprintf("/proc/self/fd/%d", h.namespace))
	h.g.Expect(err).NotTo(HaveOccurred())
	all, err := filepath.Glob("/proc/[0-9]*/ns/net")
	h.g.Expect(err).NotTo(HaveOccurred())
	var inside []int
	for _, path := range all {
		if its, err := os.Stat(path); err != nil || !os.SameFile(its, network) {
			continue // the process is in another network, or has ended
		}
		pid, err := strconv.Atoi(strings.Split(path, "/")[2])
		h.g.Expect(err).NotTo(HaveOccurred())
		inside = append(inside, pid)
	}
	return inside
}

// Inside runs f on a thread in the host's network. The thread ends with f.
func (h *Host) Inside(f func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := netns.Set(h.namespace); err != nil {
			result <- err
			return
		}
		result <- f()
	}()
	return <-result
}

// Run runs a tool inside the host's network.
func (h *Host) Run(tool string, arguments ...string) (string, error) {
	return h.run("", append([]string{tool}, arguments...)...)
}

// run runs a command with this on its standard input.
func (h *Host) run(input string, command ...string) (string, error) {
	c := exec.Command(command[0], command[1:]...)
	c.Stdin = strings.NewReader(input)
	var out []byte
	err := h.Inside(func() (err error) {
		out, err = c.CombinedOutput()
		return err
	})
	return string(out), err
}

// Must runs a tool, and fails the test if the tool fails.
func (h *Host) Must(tool string, arguments ...string) string {
	h.t.Helper()
	out, err := h.Run(tool, arguments...)
	h.g.Expect(err).NotTo(HaveOccurred(), "%s %s: %s", tool, strings.Join(arguments, " "), out)
	return out
}

// packetCount matches the packet counter of an HTB in the output of tc.
var packetCount = regexp.MustCompile(`direct_packets_stat \d+ `)

// State is the state of the host's network, as the usual tools print it.
func (h *Host) State() string {
	h.t.Helper()
	var s strings.Builder
	// One program for many questions: programs start slowly in user-mode-linux.
	for _, ask := range []struct {
		command   []string
		questions []string
	}{
		{[]string{"tc", "-force", "-batch", "-"}, []string{ // without clsact tc fails, with the same output each time
			"qdisc show", "class show dev eth0", "filter show dev eth0", "filter show dev eth0 ingress", "filter show dev eth0 egress",
		}},
		{[]string{"ip", "-details", "-batch", "-"}, []string{"link", "addr", "route show table all"}},
		{[]string{"ip", "-6", "route", "show", "table", "all"}, nil},
		{[]string{"nft", "list", "ruleset"}, nil},
	} {
		out, _ := h.run(strings.Join(ask.questions, "\n"), ask.command...)
		s.WriteString("# " + strings.Join(ask.command, " ") + "\n" + packetCount.ReplaceAllString(out, ""))
	}
	return s.String()
}
