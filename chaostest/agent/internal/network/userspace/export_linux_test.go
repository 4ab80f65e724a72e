package userspace

import (
	"time"

	"github.com/vishvananda/netlink"
)

// OpenHolding is Open with another bound on the memory of held packets.
func OpenHolding(c Config, bytes int) (*Path, error) { return open(c, bytes) }

// What a thread meets that lacks a capability, or the TUN device.
var (
	AttachTAP = func() error { _, _, err := attachTAP(); return err }
	OpenOn    = func(link netlink.Link) error { _, err := openSocket(link); return err }
)

// OffloadsIn reads what ethtool answered.
var OffloadsIn = offloadsIn

// AllOffloads is every offload that a TAP may offer.
const AllOffloads = allOffloads

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

// Departures runs frames that came at the given times through a schedule, and
// says in which order they leave, and each one's delay.
func Departures(c Config, arrivals []time.Duration) (order []int, delays []time.Duration) {
	s := newSchedule(c)
	for i, at := range arrivals {
		s.add(int64(at), packet{first: uint32(i)})
	}
	delays = make([]time.Duration, len(arrivals))
	for p, due, ok := s.next(); ok; p, due, ok = s.next() {
		order = append(order, int(p.first))
		delays[p.first] = time.Duration(due) - arrivals[p.first]
		s.remove()
	}
	return order, delays
}

// UntilNext is how long a schedule waits for a frame that came at one time,
// asked at another.
func UntilNext(c Config, arrival, now time.Duration) (wait time.Duration, due bool) {
	s := newSchedule(c)
	s.add(int64(arrival), packet{})
	return s.untilNext(int64(now))
}

// Validate says what is wrong with a config.
func Validate(c Config) error { return c.validate() }
