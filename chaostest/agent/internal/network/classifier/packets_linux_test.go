package classifier

import (
	"encoding/binary"
	"net/netip"
)

// packet is a hand-made frame.
type packet []byte

const (
	tcp, udp, icmp, icmp6 = 6, 17, 1, 58
)

func frame(etherType uint16, payload ...byte) packet {
	p := make(packet, 12, 128)
	p = binary.BigEndian.AppendUint16(p, etherType)
	p = append(p, payload...)
	for len(p) < 60 {
		p = append(p, 0)
	}
	return p
}

// ports is the start of a transport header, long enough for TCP and UDP.
func ports(source, destination uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, source)
	b = binary.BigEndian.AppendUint16(b, destination)
	return append(b, make([]byte, 16)...)
}

// v4 is an IPv4 packet. words is the length of the header, and fragment its flags and
// offset.
func v4(source, destination string, protocol byte, words int, fragment uint16, payload []byte) packet {
	h := make([]byte, words*4)
	h[0] = byte(0x40 | words)
	binary.BigEndian.PutUint16(h[2:], uint16(len(h)+len(payload)))
	binary.BigEndian.PutUint16(h[6:], fragment)
	h[8], h[9] = 64, protocol
	copy(h[12:], netip.MustParseAddr(source).AsSlice())
	copy(h[16:], netip.MustParseAddr(destination).AsSlice())
	return frame(0x0800, append(h, payload...)...)
}

// v6 is an IPv6 packet whose first next-header field is next.
func v6(source, destination string, next byte, payload ...[]byte) packet {
	h := make([]byte, 40)
	h[0], h[6], h[7] = 0x60, next, 64
	copy(h[8:], netip.MustParseAddr(source).AsSlice())
	copy(h[24:], netip.MustParseAddr(destination).AsSlice())
	for _, p := range payload {
		h = append(h, p...)
	}
	binary.BigEndian.PutUint16(h[4:], uint16(len(h)-40))
	return frame(0x86dd, h...)
}

// option is an IPv6 extension header of 8*(1+units) bytes.
func option(next, units byte) []byte {
	return append([]byte{next, units}, make([]byte, 6+8*int(units))...)
}

// auth is an IPv6 authentication header of 4*(2+units) bytes.
func auth(next, units byte) []byte {
	return append([]byte{next, units}, make([]byte, 6+4*int(units))...)
}

// part is an IPv6 fragment header; offset is in units of 8 bytes.
func part(next byte, offset uint16, more bool) []byte {
	h := []byte{next, 0, 0, 0, 0, 0, 0, 7}
	binary.BigEndian.PutUint16(h[2:], offset<<3)
	if more {
		h[3] |= 1
	}
	return h
}
