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

// inside runs do on a thread in the namespace: a socket stays where it was made.
func (n *namespace) inside(do func()) {
	GinkgoHelper()
	runtime.LockOSThread()
	own, err := netns.Get()
	Expect(err).NotTo(HaveOccurred())
	defer own.Close()
	there, err := netns.GetFromPid(n.pid)
	Expect(err).NotTo(HaveOccurred())
	defer there.Close()
	Expect(netns.Set(there)).To(Succeed())
	defer func() {
		Expect(netns.Set(own)).To(Succeed())
		runtime.UnlockOSThread()
	}()
	do()
}

func (n *namespace) listenUDP(network, address string) *net.UDPConn {
	GinkgoHelper()
	var c *net.UDPConn
	n.inside(func() {
		var err error
		c, err = net.ListenUDP(network, &net.UDPAddr{IP: net.ParseIP(address)})
		Expect(err).NotTo(HaveOccurred())
	})
	raw, err := c.SyscallConn()
	Expect(err).NotTo(HaveOccurred())
	Expect(raw.Control(func(fd uintptr) { // past net.core.rmem_max
		Expect(unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20)).To(Succeed())
	})).To(Succeed())
	DeferCleanup(c.Close)
	return c
}

func (n *namespace) dialUDP(network, address string) *net.UDPConn {
	GinkgoHelper()
	var c *net.UDPConn
	n.inside(func() {
		there, err := net.ResolveUDPAddr(network, address)
		Expect(err).NotTo(HaveOccurred())
		c, err = net.DialUDP(network, nil, there)
		Expect(err).NotTo(HaveOccurred())
	})
	DeferCleanup(c.Close)
	return c
}

// send sends a number.
func send(c net.Conn, number int) {
	GinkgoHelper()
	_, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(number)))
	Expect(err).NotTo(HaveOccurred())
}

// numbers reads count numbers, or what comes until a second has been silent.
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
