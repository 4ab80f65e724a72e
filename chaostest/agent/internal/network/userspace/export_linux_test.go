package userspace

import (
	"time"

	"github.com/vishvananda/netlink"
)

// OpenHolding is Open with another limit on the memory for held packets.
func OpenHolding(c Config, bytes int) (*Path, error) { return open(c, bytes) }

// These fail on a thread without the capability or the TUN device.
var (
	AttachTAP = func() error { _, _, err := attachTAP(); return err }
	OpenOn    = func(link netlink.Link) error { _, err := openSocket(link); return err }
)

// OffloadsIn reads the answers of ethtool.
var OffloadsIn = offloadsIn

// AllOffloads is every offload that a TAP may offer.
const AllOffloads = allOffloads

// BurstThenShrink fills this many bytes of an arena, releases them, shrinks the arena, and
// counts the bytes that it has kept.
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
		kept += int(b) // returned memory reads as zero
	}
	return kept, a.close()
}

// Departures runs frames with these arrival times through a schedule. It returns the order
// in which they leave, and the delay of each.
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

// UntilNext is how long a schedule waits at the time now for a frame that came at arrival.
func UntilNext(c Config, arrival, now time.Duration) (wait time.Duration, due bool) {
	s := newSchedule(c)
	s.add(int64(arrival), packet{})
	return s.untilNext(int64(now))
}

// Validate checks a config.
func Validate(c Config) error { return c.validate() }
