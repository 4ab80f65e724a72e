package network

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

var clock = time.Now()

// oneWay sends datagrams from one host to another and returns how long each one took. Both
// hosts share one clock. A lost datagram fails the spec.
func oneWay(from, to *Host, source, destination string, port, count int) []time.Duration {
	GinkgoHelper()
	receiver, sender := to.Listen(destination, port), from.Listen(source, 0)
	defer closeAll(receiver, sender)
	address := net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(destination), uint16(port)))
	for range count {
		stamp := binary.NativeEndian.AppendUint64(nil, uint64(time.Since(clock)))
		_, err := sender.WriteToUDP(stamp, address)
		Expect(err).NotTo(HaveOccurred())
	}
	var took []time.Duration
	buffer := make([]byte, 64)
	for range count {
		Expect(receiver.SetReadDeadline(time.Now().Add(20 * time.Second))).To(Succeed())
		n, _, err := receiver.ReadFromUDP(buffer)
		Expect(err).NotTo(HaveOccurred(), "%d of %d datagrams came from %s to %s port %d", len(took), count, source, destination, port)
		Expect(n).To(Equal(8))
		took = append(took, time.Since(clock)-time.Duration(binary.NativeEndian.Uint64(buffer)))
	}
	return took
}

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

var pingLine = regexp.MustCompile(`time=([0-9.]+) ms`)

// ping measures round trips with the system's ping. Each is a ping of its own: after an answer,
// ping waits for the next ones no longer than its interval, which a busy machine may need.
func ping(h *Host, address string, count int, options ...string) []time.Duration {
	GinkgoHelper()
	var took []time.Duration
	for range count {
		out := h.Must("ping", append([]string{"-n", "-c", "1", "-W", "20", address}, options...)...)
		Expect(timesIn(out)).To(HaveLen(1), out)
		took = append(took, timesIn(out)...)
	}
	return took
}

// tryPing is ping where the packet may be lost, because a fault is about to be put back.
// Without an answer there is one time of 0.
func tryPing(h *Host, address string) []time.Duration {
	GinkgoHelper()
	out, err := h.Run("ping", "-n", "-c", "1", "-W", "1", address)
	if err != nil {
		return []time.Duration{0}
	}
	return timesIn(out)
}

func timesIn(out string) (took []time.Duration) {
	GinkgoHelper()
	for _, m := range pingLine.FindAllStringSubmatch(out, -1) {
		ms, err := strconv.ParseFloat(m[1], 64)
		Expect(err).NotTo(HaveOccurred())
		took = append(took, time.Duration(ms*float64(time.Millisecond)))
	}
	return took
}

func prefixOf(address string) netip.Prefix {
	a := netip.MustParseAddr(address)
	return netip.PrefixFrom(a, a.BitLen())
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// segment makes the kernel cut each send into datagrams of size bytes, as late as possible.
func segment(c *net.UDPConn, size int) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = unix.SetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT, size) })
	return errors.Join(err, set)
}

func closeAll(all ...*net.UDPConn) {
	for _, c := range all {
		_ = c.Close() // the end of the spec closes it too
	}
}
