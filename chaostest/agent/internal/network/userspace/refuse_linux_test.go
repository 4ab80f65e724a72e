package userspace_test

import (
	"os"
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// onSpoiledThread runs do on a thread that dies afterwards.
func onSpoiledThread(spoil func() error, do func() error) (err error) {
	GinkgoHelper()
	var spoilt error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if spoilt = spoil(); spoilt == nil {
			err = do()
		}
	}()
	<-done
	Expect(spoilt).NotTo(HaveOccurred())
	return err
}

// without drops one of the thread's capabilities.
func without(capability uint) func() error {
	return func() error {
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		var data [2]unix.CapUserData
		if err := unix.Capget(&header, &data[0]); err != nil {
			return err
		}
		data[capability/32].Effective &^= 1 << (capability % 32)
		return unix.Capset(&header, &data[0])
	}
}

var _ = Describe("Opening a path is refused", func() {
	It("for a process that has ended", func() {
		p := newPair()
		c := p.config(userspace.Config{Direction: fault.Egress, Delay: time.Second})
		p.target.end()
		_, err := userspace.Open(c)
		Expect(err).To(MatchError(And(ContainSubstring("no such file or directory: has the process ended"), ContainSubstring("/ns/net"))))
	})

	It("for a link that is not there, is another one, or is no Ethernet link", func() {
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

	It("with the name of the capability that is missing", func() {
		p := newPair()
		Expect(onSpoiledThread(without(unix.CAP_SYS_ADMIN), func() error {
			err, _ := userspace.Visit(p.target.pid, func() error { return nil })
			return err
		})).To(MatchError(ContainSubstring("operation not permitted: the agent needs CAP_SYS_ADMIN")))
		Expect(onSpoiledThread(without(unix.CAP_NET_ADMIN), func() error {
			err, _ := userspace.Visit(p.target.pid, userspace.AttachTAP)
			return err
		})).To(MatchError(ContainSubstring("make TAP: operation not permitted: the agent needs CAP_NET_ADMIN")))
		Expect(onSpoiledThread(without(unix.CAP_NET_RAW), func() error {
			return userspace.OpenOn(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: 1}})
		})).To(MatchError(ContainSubstring("open packet socket: operation not permitted: the agent needs CAP_NET_RAW")))
	})

	It("as unsupported where there is no TUN device", func() {
		needRoot()
		empty := GinkgoT().TempDir()
		err := onSpoiledThread(func() error {
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
