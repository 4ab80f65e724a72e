package userspace_test

import (
	"encoding/binary"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
)

// frame makes the start of a frame: a virtio-net header, Ethernet, IPv4, and TCP up to its
// data offset.
func frame(gsoType byte, segment, tcpHeader int) []byte {
	b := make([]byte, 10+14+20+20)
	b[1] = gsoType
	binary.NativeEndian.PutUint16(b[4:], uint16(segment))
	binary.NativeEndian.PutUint16(b[6:], 14+20)
	b[10+14+20+12] = byte(tcpHeader / 4 << 4)
	return b
}

func TestWirePackets(t *testing.T) {
	const none, tcp4, tcp6, udp, ecn, headers = 0, 1, 4, 5, 0x80, 10 + 14 + 20
	for name, c := range map[string]struct {
		start []byte
		size  int
		want  uint64
	}{
		"a packet":                             {frame(none, 0, 20), headers + 20 + 100, 1},
		"ten full segments":                    {frame(tcp4, 1448, 32), headers + 32 + 14480, 10},
		"ten full segments and a byte":         {frame(tcp6, 1448, 32), headers + 32 + 14481, 11},
		"with congestion notification":         {frame(tcp4|ecn, 1448, 32), headers + 32 + 2*1448, 2},
		"datagrams":                            {frame(udp, 100, 0), headers + 8 + 2000, 20},
		"an empty segment":                     {frame(tcp4, 1448, 20), headers + 20, 1},
		"a segment size of 0":                  {frame(tcp4, 0, 20), headers + 20 + 100, 1},
		"a start that ends within the headers": {frame(tcp4, 1000, 20)[:30], headers + 1000, 1},
		"nothing":                              {nil, 0, 1},
	} {
		NewWithT(t).Expect(userspace.WirePackets(c.start, c.size)).To(Equal(c.want), name)
	}
}

// FuzzWirePackets checks that every frame has at least one packet, and no more packets than
// bytes, whatever its header holds.
func FuzzWirePackets(f *testing.F) {
	f.Add(frame(0, 0, 20), 144)
	f.Add(frame(1, 1448, 32), 44+32+14480)
	f.Add(frame(4|0x80, 1, 60), 65535+32)
	f.Add(frame(5, 100, 0), 44+8+2000)
	f.Add(frame(1, 1000, 20)[:30], 2000)
	f.Add([]byte{}, 0)
	f.Fuzz(func(t *testing.T, start []byte, size int) {
		size = max(size&0x1ffff, len(start)) // a frame is at least as long as its start
		if n := userspace.WirePackets(start, size); n < 1 || n > uint64(max(size, 1)) {
			t.Fatalf("%d packets in a frame of %d bytes that starts %x", n, size, start)
		}
	})
}
