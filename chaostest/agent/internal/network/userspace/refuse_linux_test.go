package userspace_test

import (
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var _ = Describe("Opening a path is refused", func() {
	It("for a link that does not exist, has another name, or is not Ethernet", func() {
		p := newPair()
		before := p.target.run("ip", "link")
		good := p.config(userspace.Config{Direction: fault.Egress, Delay: time.Second})
		c := good
		c.LinkIndex = 4711
		_, err := userspace.Open(c)
		Expect(err).To(MatchError(ContainSubstring("open user-space path for egress of eth0: look up link 4711: Link not found")))
		c = good
		c.Link = "eth1"
		_, err = userspace.Open(c)
		Expect(err).To(MatchError(ContainSubstring("is eth0, not eth1: has the container's network changed?")))
		c.Link, c.LinkIndex = "lo", 1
		_, err = userspace.Open(c)
		Expect(err).To(MatchError(fault.ErrUnsupported))
		Expect(err).To(MatchError(ContainSubstring("needs an Ethernet link, but it is of type loopback")))
		Expect(p.target.run("ip", "link")).To(Equal(before))
	})

	It("with the name of the capability that the agent lacks", func() {
		needRoot()
		Expect(OnSpoiledThread(GinkgoTB(), Without(unix.CAP_NET_ADMIN), userspace.AttachTAP)).To(MatchError(ContainSubstring("make TAP: operation not permitted: the agent needs CAP_NET_ADMIN")))
		Expect(OnSpoiledThread(GinkgoTB(), Without(unix.CAP_NET_RAW), func() error {
			return userspace.OpenOn(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: 1}})
		})).To(MatchError(ContainSubstring("open packet socket: operation not permitted: the agent needs CAP_NET_RAW")))
	})

	It("as unsupported without a TUN device", func() {
		needRoot()
		empty := GinkgoT().TempDir()
		err := OnSpoiledThread(GinkgoTB(), func() error {
			if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
				return os.NewSyscallError("unshare", err)
			}
			if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
				return os.NewSyscallError("mount", err)
			}
			return os.NewSyscallError("mount", unix.Mount(empty, "/dev/net", "", unix.MS_BIND, ""))
		}, userspace.AttachTAP)
		Expect(err).To(MatchError(fault.ErrUnsupported))
		Expect(err).To(MatchError(And(ContainSubstring("it needs /dev/net/tun"), ContainSubstring("load the kernel module tun"))))
	})
})
