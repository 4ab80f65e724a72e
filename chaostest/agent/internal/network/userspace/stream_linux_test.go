package userspace_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

const mtu = 1500

// framesOn is the number of frames that a device has sent, and their mean size, as ip
// reports them.
func (n *namespace) framesOn(device string) (frames, meanSize float64) {
	GinkgoHelper()
	var links []struct {
		Stats64 struct {
			Tx struct{ Bytes, Packets float64 }
		}
	}
	Expect(json.Unmarshal([]byte(n.run("ip", "-json", "-stats", "link", "show", device)), &links)).To(Succeed())
	tx := links[0].Stats64.Tx
	return tx.Packets, tx.Bytes / tx.Packets
}

// badChecksums is the number of TCP segments with a wrong checksum in the namespace.
func (n *namespace) badChecksums() string {
	GinkgoHelper()
	var name, value []string
	for line := range strings.Lines(n.run("cat", "/proc/net/snmp")) {
		if strings.HasPrefix(line, "Tcp:") {
			name, value = value, strings.Fields(line)
		}
	}
	for i := range name {
		if name[i] == "InCsumErrors" {
			return value[i]
		}
	}
	Fail("no InCsumErrors in /proc/net/snmp")
	return ""
}

// checksumsInSoftware makes eth0 send finished checksums, so that the other end verifies
// them.
func (n *namespace) checksumsInSoftware() {
	GinkgoHelper()
	const setTxChecksum = 0x17 // ETHTOOL_STXCSUM
	value := [2]uint32{setTxChecksum, 0}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&value)}
	copy(request.name[:], "eth0")
	n.inside(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		Expect(err).NotTo(HaveOccurred())
		defer func() { _ = unix.Close(fd) }()
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
		Expect(errno).To(BeZero(), errno.Error())
	})
}

// copied sends data over TCP and returns what arrived.
func copied(from, to *namespace, address string, data []byte) []byte {
	GinkgoHelper()
	var listener net.Listener
	to.inside(func() {
		var err error
		listener, err = net.Listen("tcp", net.JoinHostPort(address, "0"))
		Expect(err).NotTo(HaveOccurred())
	})
	defer func() { _ = listener.Close() }()
	var sender net.Conn
	from.inside(func() {
		var err error
		sender, err = net.DialTimeout("tcp", listener.Addr().String(), 10*time.Second)
		Expect(err).NotTo(HaveOccurred())
	})
	sent := make(chan error, 1)
	go func() {
		_, err := sender.Write(data)
		sent <- err
		_ = sender.Close()
	}()
	receiver, err := listener.Accept()
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = receiver.Close() }()
	Expect(receiver.SetDeadline(time.Now().Add(60 * time.Second))).To(Succeed())
	got, err := io.ReadAll(receiver)
	Expect(err).NotTo(HaveOccurred())
	Expect(<-sent).To(Succeed())
	return got
}

var _ = Describe("A TCP stream through the path", func() {
	for _, direction := range []fault.Direction{fault.Egress, fault.Ingress} {
		for _, family := range []string{"IPv4", "IPv6"} {
			ends := func(p *pair) (from, to *namespace, address string) {
				from, to = p.target, p.peer
				if direction == fault.Ingress {
					from, to = to, from
				}
				address = to.v4
				if family == "IPv6" {
					address = to.v6
				}
				return from, to, address
			}

			It("flows in whole frames, "+string(direction)+", "+family, func() {
				p := newPair()
				from, to, address := ends(p)
				path := p.delayed(userspace.Config{Direction: direction, Delay: 2 * time.Millisecond})
				_, received := iperf(from, to, address, 1)
				Expect(received.Bytes).To(BeNumerically(">", 8<<20))
				frames, size := p.target.framesOn(path.Name())
				Expect(size).To(BeNumerically(">", 4*mtu), "large sends stay whole")
				Expect(path.Stats()).To(HaveField("Received", SatisfyAll(
					BeNumerically(">=", received.Bytes/mtu), BeNumerically(">=", 4*frames))), "wire packets are counted")
			})

			It("arrives as it was sent, its checksums verified, "+string(direction)+", "+family, func() {
				p := newPair()
				from, to, address := ends(p)
				path := p.delayed(userspace.Config{Direction: direction, Delay: time.Millisecond})
				data := make([]byte, 8<<20)
				source := rand.NewChaCha8(sha256.Sum256([]byte(family)))
				_, err := source.Read(data)
				Expect(err).NotTo(HaveOccurred())
				for range 2 { // the second time with finished checksums
					got := copied(from, to, address, data)
					Expect(bytes.Equal(got, data)).To(BeTrue())
					from.checksumsInSoftware()
				}
				Expect(to.badChecksums()).To(Equal("0"))
				Expect(path.Stats().Received).To(BeNumerically(">", 2*len(data)/mtu))
			})
		}
	}
})

var _ = Describe("A large UDP send through the path", func() {
	It("is cut into its datagrams on the other side", func() {
		const segment, segments = 100, 20
		p := newPair()
		path := p.delayed(userspace.Config{Direction: fault.Egress, Delay: time.Millisecond})
		listener := p.peer.listenUDP(p.peer.v4)
		sender := p.target.dialUDP(listener)
		control(sender, func(fd int) {
			const udpSegment = 103 // UDP_SEGMENT, Linux 4.18
			Expect(unix.SetsockoptInt(fd, unix.SOL_UDP, udpSegment, segment)).To(Succeed())
		})
		data := make([]byte, segments*segment)
		for i := range segments {
			data[i*segment+3] = byte(i)
		}
		_, err := sender.Write(data)
		Expect(err).NotTo(HaveOccurred())
		Expect(numbers(listener, segments)).To(Equal(upTo(segments)))
		Eventually(path.Stats).Should(HaveField("Sent", BeNumerically(">=", segments)))
	})
})
