package networktest

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Address adds addresses to a device and sets it up.
func (h *Host) Address(device string, all ...string) {
	h.t.Helper()
	link, err := h.LinkByName(device)
	h.g.Expect(err).NotTo(HaveOccurred())
	_ = h.LinkSetIP6AddrGenMode(link, 1) // the kernel must not add an address later
	for _, a := range all {
		address, err := netlink.ParseAddr(a)
		h.g.Expect(err).NotTo(HaveOccurred())
		if address.IP.To4() == nil {
			address.Flags = unix.IFA_F_NODAD
		}
		h.g.Expect(h.AddrAdd(link, address)).To(Succeed())
	}
	h.g.Expect(h.LinkSetUp(link)).To(Succeed())
}

// Listen opens a UDP socket in the host's network. It closes with the test.
func (h *Host) Listen(address string, port int) *net.UDPConn {
	h.t.Helper()
	var c *net.UDPConn
	h.g.Expect(h.Inside(func() (err error) {
		c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), uint16(port))))
		return err
	})).To(Succeed())
	h.t.Cleanup(func() {
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			h.g.Expect(err).NotTo(HaveOccurred())
		}
	})
	return c
}

// Lay joins a device of the host to one of another host by a cable. As with Docker, this
// end has a transmit queue of length 0.
func (h *Host) Lay(device string, other *Host) {
	h.t.Helper()
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.TxQLen = device, 0
	h.g.Expect(h.LinkAdd(&netlink.Veth{LinkAttrs: attributes, PeerName: device, PeerNamespace: netlink.NsPid(other.PID())})).To(Succeed())
}

// The addresses of the hosts that Connect makes. The client also has the addresses of a
// stranger, for packets that a filter leaves out.
const (
	TargetIP    = "10.77.0.1"
	TargetIP6   = "fd77::1"
	ClientIP    = "10.77.0.2"
	ClientIP6   = "fd77::2"
	StrangerIP  = "10.77.0.3"
	StrangerIP6 = "fd77::3"
)

// Connect makes a target and a client. A cable with the name eth0 at both ends joins them.
func Connect(t testing.TB) (target, client *Host) {
	t.Helper()
	target, client = NewHost(t), NewHost(t)
	target.Lay("eth0", client)
	target.Address("eth0", TargetIP+"/24", TargetIP6+"/64")
	client.Address("eth0", ClientIP+"/24", StrangerIP+"/24", ClientIP6+"/64", StrangerIP6+"/64")
	for _, h := range []*Host{target, client} { // an earlier packet would be lost, and sent again a second later
		h.g.Eventually(h.operState, "20s").Should(Equal(netlink.LinkOperState(netlink.OperUp)))
	}
	for _, peer := range []string{ClientIP, StrangerIP, ClientIP6, StrangerIP6} {
		target.Must("ping", "-n", "-c", "1", "-W", "20", peer) // the cable is up and the addresses are known
	}
	return target, client
}

// operState is the kernel's present state of eth0.
func (h *Host) operState() (netlink.LinkOperState, error) {
	link, err := h.LinkByName("eth0")
	if err != nil {
		return 0, err
	}
	return link.Attrs().OperState, nil
}
