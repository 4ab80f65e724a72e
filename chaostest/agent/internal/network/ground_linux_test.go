package network

import (
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// host is a process in a network namespace of its own.
type host struct {
	process *exec.Cmd
	*namespace
}

func newHost() *host {
	GinkgoHelper()
	h := &host{process: exec.Command("cat")}
	h.process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	_, err := h.process.StdinPipe() // whose end, with this process, ends it
	Expect(err).NotTo(HaveOccurred())
	Expect(h.process.Start()).To(Succeed())
	DeferCleanup(h.end)
	h.namespace, err = openNamespace(fmt.Sprintf("/proc/%d/ns/net", h.pid()))
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(h.namespace.close)
	lo, err := h.LinkByName("lo")
	Expect(err).NotTo(HaveOccurred())
	Expect(h.LinkSetUp(lo)).To(Succeed())
	return h
}

func (h *host) pid() int { return h.process.Process.Pid }

func (h *host) end() {
	_ = h.process.Process.Kill()
	_ = h.process.Wait()
}

func (h *host) target() injector.Target { return injector.Target{Name: "target", PID: h.pid()} }

// run runs a tool inside the host's network.
func (h *host) run(tool string, arguments ...string) (string, error) {
	c := exec.Command(tool, arguments...)
	var out []byte
	err := h.inside(func() (err error) {
		out, err = c.CombinedOutput()
		return err
	})
	return string(out), err
}

func (h *host) must(tool string, arguments ...string) string {
	GinkgoHelper()
	out, err := h.run(tool, arguments...)
	Expect(err).NotTo(HaveOccurred(), "%s %s: %s", tool, strings.Join(arguments, " "), out)
	return out
}

// packetCount is in what tc shows of an HTB.
var packetCount = regexp.MustCompile(`direct_packets_stat \d+ `)

// state is what tools that know nothing of us see of the host's network.
func (h *host) state() string {
	GinkgoHelper()
	s := ""
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
		out, _ := h.run(command[0], command[1:]...) // no clsact: tc fails, the same each time
		out = packetCount.ReplaceAllString(out, "")
		s += "# " + strings.Join(command, " ") + "\n" + out
	}
	return s
}

// The addresses of the two hosts; the client has a second one, for the peer that
// is not meant.
const (
	targetIP, clientIP, strangerIP    = "10.77.0.1", "10.77.0.2", "10.77.0.3"
	targetIP6, clientIP6, strangerIP6 = "fd77::1", "fd77::2", "fd77::3"
)

// connect makes a target and a client, joined by a cable as Docker lays it: with
// a transmit queue of length 0 at the container's end.
func connect() (target, client *host) {
	GinkgoHelper()
	target, client = newHost(), newHost()
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.TxQLen = "eth0", 0
	Expect(target.LinkAdd(&netlink.Veth{
		LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsPid(client.pid()),
	})).To(Succeed())
	target.address("eth0", targetIP+"/24", targetIP6+"/64")
	client.address("eth0", clientIP+"/24", strangerIP+"/24", clientIP6+"/64", strangerIP6+"/64")
	for _, peer := range []string{clientIP, strangerIP, clientIP6, strangerIP6} {
		target.must("ping", "-n", "-c", "1", "-W", "20", peer) // the cable is up and the addresses are known
	}
	return target, client
}

func (h *host) address(device string, all ...string) {
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

// listen opens a UDP socket in the host's network.
func (h *host) listen(address string, port int) *net.UDPConn {
	GinkgoHelper()
	var c *net.UDPConn
	Expect(h.inside(func() (err error) {
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), uint16(port))))
		return err
	})).To(Succeed())
	DeferCleanup(func() { _ = c.Close() })
	return c
}

// inject applies a fault; it is reverted at the end of the spec at the latest.
type injected struct {
	injector.Live
	journal *injector.Journal
}

func (i injected) revert() {
	GinkgoHelper()
	Expect(i.journal.Unwind()).To(Succeed())
	Expect(i.Prove()).To(Succeed())
}

var number int

// request fills in what a spec does not care about.
func request(target *host, f fault.Fault, filter fault.Filter, path fault.Path) injector.Request[fault.Fault] {
	number++
	if filterable, ok := f.(fault.Filterable); ok && filter.Direction == "" {
		filter.Direction = filterable.DefaultDirection()
	}
	return injector.Request[fault.Fault]{
		ID: fmt.Sprintf("spec-%d", number), Target: target.target(), Fault: f, Filter: filter, Path: path,
		Lease: func() uint64 { return injector.In(time.Hour) },
	}
}

func inject(ctx SpecContext, r *Injector, q injector.Request[fault.Fault]) (injected, error) {
	journal := injector.NewJournal(nil)
	DeferCleanup(journal.Unwind)
	live, err := r.Apply(ctx, q, journal)
	return injected{Live: live, journal: journal}, err
}

func mustInject(ctx SpecContext, r *Injector, q injector.Request[fault.Fault]) injected {
	GinkgoHelper()
	i, err := inject(ctx, r, q)
	Expect(err).NotTo(HaveOccurred())
	return i
}
