package userspace

import "encoding/binary"

// The virtio-net header before each frame, in the machine's byte order: flags, gso_type,
// hdr_len, gso_size, csum_start, csum_offset.
const (
	vnetHeader   = 10
	gsoTypeAt    = 1
	gsoSizeAt    = 4
	csumStartAt  = 6
	gsoUDPL4     = 5
	gsoECN       = 0x80
	udpHeader    = 8
	tcpOffsetAt  = 12
	sourceMACAt  = vnetHeader + 6
	ethernetHead = 14
)

// largestFrame is the largest frame from the TAP: an IP packet, an Ethernet header, two VLAN
// tags, and the virtio-net header.
const largestFrame = vnetHeader + ethernetHead + 8 + 65535

// wirePackets is the number of packets that a frame becomes on the wire. start holds the
// headers of the frame, and size is its length with the virtio-net header.
func wirePackets(start []byte, size int) uint64 {
	if len(start) < vnetHeader || start[gsoTypeAt]&^gsoECN == 0 {
		return 1
	}
	segment := int(binary.NativeEndian.Uint16(start[gsoSizeAt:]))
	payload := vnetHeader + int(binary.NativeEndian.Uint16(start[csumStartAt:]))
	switch {
	case start[gsoTypeAt]&^gsoECN == gsoUDPL4:
		payload += udpHeader
	case payload+tcpOffsetAt < len(start):
		payload += int(start[payload+tcpOffsetAt]>>4) * 4
	}
	if segment == 0 || payload >= size {
		return 1
	}
	return uint64((size - payload + segment - 1) / segment)
}
