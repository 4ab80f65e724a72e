package networktest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// Host is a process in a network namespace that was made for it, and netlink in there.
type Host struct {
	*netlink.Handle
	process   *exec.Cmd
	namespace netns.NsHandle
}

// NewHost makes a host with loopback only. It ends with the spec.
func NewHost() *Host {
	GinkgoHelper()
	h := &Host{process: exec.Command("cat")}
	h.process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	_, err := h.process.StdinPipe() // which closes when this process ends: cat then ends, too
	Expect(err).NotTo(HaveOccurred())
	Expect(h.process.Start()).To(Succeed())
	DeferCleanup(h.End)
	h.namespace, err = netns.GetFromPid(h.PID())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(h.namespace.Close)
	h.Handle, err = netlink.NewHandleAt(h.namespace, unix.NETLINK_ROUTE)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(h.Close)
	lo, err := h.LinkByName("lo")
	Expect(err).NotTo(HaveOccurred())
	Expect(h.LinkSetUp(lo)).To(Succeed())
	return h
}

// PID is the process of the host.
func (h *Host) PID() int { return h.process.Process.Pid }

// NamespacePath is where the kernel shows the host's network namespace.
func (h *Host) NamespacePath() string { return fmt.Sprintf("/proc/%d/ns/net", h.PID()) }

// End kills the host's process. Its network stays as long as the spec.
func (h *Host) End() {
	_ = h.process.Process.Kill()
	_ = h.process.Wait()
}

// Inside runs f on a thread in the host's network, which ends with f.
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
	c := exec.Command(tool, arguments...)
	var out []byte
	err := h.Inside(func() (err error) {
		out, err = c.CombinedOutput()
		return err
	})
	return string(out), err
}

// Must runs a tool that has to succeed.
func (h *Host) Must(tool string, arguments ...string) string {
	GinkgoHelper()
	out, err := h.Run(tool, arguments...)
	Expect(err).NotTo(HaveOccurred(), "%s %s: %s", tool, strings.Join(arguments, " "), out)
	return out
}

// packetCount is in what tc shows of an HTB.
var packetCount = regexp.MustCompile(`direct_packets_stat \d+ `)

// State is what tools that know nothing of us see of the host's network.
func (h *Host) State() string {
	GinkgoHelper()
	var s strings.Builder
	for _, command := range [][]string{
		{"tc", "qdisc", "show"},
		{"tc", "class", "show", "dev", "eth0"},
		{"tc", "filter", "show", "dev", "eth0"},
		{"tc", "filter", "show", "dev", "eth0", "ingress"},
		{"tc", "filter", "show", "dev", "eth0", "egress"},
		{"ip", "-d", "link"},
		{"ip", "-d", "addr"},
		{"ip", "route", "show", "table", "all"},
		{"ip", "-6", "route", "show", "table", "all"},
		{"nft", "list", "ruleset"},
	} {
		out, _ := h.Run(command[0], command[1:]...) // no clsact: tc fails, the same each time
		out = packetCount.ReplaceAllString(out, "")
		s.WriteString("# " + strings.Join(command, " ") + "\n" + out)
	}
	return s.String()
}

// Address gives a device addresses and sets it up.
func (h *Host) Address(device string, all ...string) {
	GinkgoHelper()
	link, err := h.LinkByName(device)
	Expect(err).NotTo(HaveOccurred())
	_ = h.LinkSetIP6AddrGenMode(link, 1) // no address that comes by itself, later
	for _, a := range all {
		address, err := netlink.ParseAddr(a)
		Expect(err).NotTo(HaveOccurred())
		if address.IP.To4() == nil {
			address.Flags = unix.IFA_F_NODAD
		}
		Expect(h.AddrAdd(link, address)).To(Succeed())
	}
	Expect(h.LinkSetUp(link)).To(Succeed())
}

// Listen opens a UDP socket in the host's network. It closes with the spec.
func (h *Host) Listen(address string, port int) *net.UDPConn {
	GinkgoHelper()
	var c *net.UDPConn
	Expect(h.Inside(func() (err error) {
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), uint16(port))))
		return err
	})).To(Succeed())
	DeferCleanup(func() error {
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	return c
}

// Lay joins a device of the host with one of another by a cable, as Docker lays
// it: with a transmit queue of length 0 at this end.
func (h *Host) Lay(device string, other *Host) {
	GinkgoHelper()
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.TxQLen = device, 0
	Expect(h.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: device, PeerNamespace: netlink.NsPid(other.PID())})).To(Succeed())
}

// The addresses of the hosts that Connect makes. The client has a second one, the
// stranger's, for what a filter leaves out.
const (
	TargetIP    = "10.77.0.1"
	TargetIP6   = "fd77::1"
	ClientIP    = "10.77.0.2"
	ClientIP6   = "fd77::2"
	StrangerIP  = "10.77.0.3"
	StrangerIP6 = "fd77::3"
)

// Connect makes a target and a client, joined by a cable that is called eth0 at
// both ends.
func Connect() (target, client *Host) {
	GinkgoHelper()
	target, client = NewHost(), NewHost()
	target.Lay("eth0", client)
	target.Address("eth0", TargetIP+"/24", TargetIP6+"/64")
	client.Address("eth0", ClientIP+"/24", StrangerIP+"/24", ClientIP6+"/64", StrangerIP6+"/64")
	for _, peer := range []string{ClientIP, StrangerIP, ClientIP6, StrangerIP6} {
		target.Must("ping", "-n", "-c", "1", "-W", "20", peer) // the cable is up and the addresses are known
	}
	return target, client
}
