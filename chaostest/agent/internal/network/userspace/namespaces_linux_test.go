package userspace_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
)

// pair is a target and its peer: two network namespaces, joined by a veth link with the name
// eth0 in both. A process that waits for its standard input keeps each namespace alive, so
// that nothing outlives the test.
type pair struct {
	target, peer *namespace
}

type namespace struct {
	pid    int
	v4, v6 string
	mac    string
	end    func()
	opened *tc.Namespace // see open
}

// newPair makes a pair that ends with the spec.
func newPair() *pair {
	GinkgoHelper()
	needRoot()
	p := &pair{target: newNamespace("10.77.0.1", "fd77::1"), peer: newNamespace("10.77.0.2", "fd77::2")}
	run("ip", "link", "add", "name", "eth0", "netns", strconv.Itoa(p.target.pid), "type", "veth",
		"peer", "name", "eth0", "netns", strconv.Itoa(p.peer.pid))
	for _, n := range []*namespace{p.target, p.peer} {
		n.run("ip", "address", "add", n.v4+"/24", "dev", "eth0")
		n.run("ip", "address", "add", n.v6+"/64", "dev", "eth0", "nodad")
		n.run("ip", "link", "set", "lo", "up")
		n.run("ip", "link", "set", "eth0", "up")
		n.mac = strings.Fields(strings.SplitN(n.run("ip", "link", "show", "eth0"), "link/ether ", 2)[1])[0]
	}
	for _, n := range []*namespace{p.target, p.peer} { // a link takes a moment to come up
		Eventually(func() string { return n.run("ip", "link", "show", "eth0") }).WithTimeout(10 * time.Second).
			Should(ContainSubstring("state UP"))
	}
	for n, other := range map[*namespace]*namespace{p.target: p.peer, p.peer: p.target} {
		for _, address := range []string{other.v4, other.v6} {
			n.run("ip", "neighbour", "replace", address, "lladdr", other.mac, "dev", "eth0")
		}
	}
	return p
}

func newNamespace(v4, v6 string) *namespace {
	GinkgoHelper()
	holder := exec.Command("cat")
	holder.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	hold, err := holder.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(holder.Start()).To(Succeed())
	ended := false
	n := &namespace{pid: holder.Process.Pid, v4: v4, v6: v6}
	n.end = func() {
		if !ended {
			ended = true
			Expect(hold.Close()).To(Succeed())
			Expect(holder.Wait()).To(Succeed())
		}
	}
	DeferCleanup(n.end)
	return n
}

// command makes a command that runs in the namespace.
func (n *namespace) command(name string, args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"--net=/proc/" + strconv.Itoa(n.pid) + "/ns/net", name}, args...)...)
}

func (n *namespace) run(name string, args ...string) string {
	GinkgoHelper()
	return output(n.command(name, args...))
}

func run(name string, args ...string) string {
	GinkgoHelper()
	return output(exec.Command(name, args...))
}

func output(c *exec.Cmd) string {
	GinkgoHelper()
	out, err := c.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "%s\n%s", c, out)
	return string(out)
}

// needRoot skips a spec that the machine cannot run. It fails the spec instead if the
// environment has promised that it can.
func needRoot() {
	GinkgoHelper()
	lacks := ""
	if os.Geteuid() != 0 {
		lacks = "not root"
	} else if _, err := os.Stat("/dev/net/tun"); err != nil {
		lacks = err.Error()
	}
	needTool("ip", "nsenter", "ping")
	require(lacks)
}

func needTool(names ...string) {
	GinkgoHelper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			require(fmt.Sprint(err))
		}
	}
}

func require(lacks string) {
	GinkgoHelper()
	if lacks == "" {
		return
	}
	if os.Getenv("CHAOSGATE_REQUIRE_ROOT") == "1" {
		Fail("CHAOSGATE_REQUIRE_ROOT=1 promises a machine for network specs, but: " + lacks)
	}
	Skip("needs root, a TUN device and network tools: " + lacks)
}
