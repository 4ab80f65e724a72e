package userspace_test

import (
	"encoding/binary"
	"net"
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// inside runs do on a thread in the namespace. A socket stays in the namespace that it was
// made in.
func (n *namespace) inside(do func()) {
	GinkgoHelper()
	runtime.LockOSThread()
	before, err := netns.Get()
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = before.Close() }()
	there, err := netns.GetFromPid(n.pid)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = there.Close() }()
	Expect(netns.Set(there)).To(Succeed())
	defer func() {
		Expect(netns.Set(before)).To(Succeed())
		runtime.UnlockOSThread()
	}()
	do()
}

func (n *namespace) listenUDP(address string) *net.UDPConn {
	GinkgoHelper()
	var c *net.UDPConn
	n.inside(func() {
		var err error
		c, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(address)})
		Expect(err).NotTo(HaveOccurred())
	})
	DeferCleanup(c.Close)
	control(c, func(fd int) { // this may exceed net.core.rmem_max
		Expect(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20)).To(Succeed())
	})
	return c
}

func (n *namespace) dialUDP(to *net.UDPConn) *net.UDPConn {
	GinkgoHelper()
	var c *net.UDPConn
	n.inside(func() {
		var err error
		c, err = net.DialUDP("udp", nil, to.LocalAddr().(*net.UDPAddr))
		Expect(err).NotTo(HaveOccurred())
	})
	DeferCleanup(func() { _ = c.Close() }) // the spec may have closed it
	return c
}

func control(c *net.UDPConn, do func(fd int)) {
	GinkgoHelper()
	raw, err := c.SyscallConn()
	Expect(err).NotTo(HaveOccurred())
	Expect(raw.Control(func(fd uintptr) { do(int(fd)) })).To(Succeed())
}

// send sends a number in one packet.
func send(c net.Conn, number int) {
	GinkgoHelper()
	_, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(number)))
	Expect(err).NotTo(HaveOccurred())
}

// numbers reads count numbers. It stops early if nothing comes for 5 s.
func numbers(c *net.UDPConn, count int) (got []int) {
	var b [2048]byte
	for len(got) < count {
		if c.SetReadDeadline(time.Now().Add(5*time.Second)) != nil {
			return got
		}
		n, err := c.Read(b[:])
		if err != nil || n < 4 {
			return got
		}
		got = append(got, int(binary.BigEndian.Uint32(b[:])))
	}
	return got
}

func upTo(count int) []int {
	all := make([]int, count)
	for i := range all {
		all[i] = i
	}
	return all
}
