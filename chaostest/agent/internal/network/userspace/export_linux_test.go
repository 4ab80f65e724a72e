package userspace

import (
	"github.com/vishvananda/netlink"
)

// OpenHolding is Open with another bound on the memory of held packets.
func OpenHolding(c Config, bytes int) (*Path, error) { return open(c, bytes) }

// What a thread that lacks a capability, or the TUN device, is told.
var (
	Visit     = visit
	AttachTAP = func() error { _, _, err := attachTAP(); return err }
	OpenOn    = func(link netlink.Link) error { _, err := openSocket(link); return err }
)

// BurstThenShrink fills a number of bytes of an arena, releases them, shrinks
// the arena, and counts the bytes that are still there.
func BurstThenShrink(bytes int) (kept int, err error) {
	a, err := newArena(4 * bytes)
	if err != nil {
		return 0, err
	}
	var burst []packet
	for range chunksOf(bytes) {
		p := packet{first: a.take(), size: chunkBytes}
		for i := range a.chunk(p.first) {
			a.chunk(p.first)[i] = 1
		}
		burst = append(burst, p)
	}
	for _, p := range burst {
		a.release(p)
	}
	a.shrink()
	for _, b := range a.memory {
		kept += int(b) // what the kernel took back reads as zero
	}
	return kept, a.close()
}
