package userspace

import (
	"math/rand/v2"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// schedule decides when each packet leaves. It is a heap, ordered by deadline and then by
// arrival. Times are nanoseconds on the caller's clock.
type schedule struct {
	delay, jitter int64
	random        *rand.Rand
	arrivals      uint64
	heap          []departure
}

type departure struct {
	due     int64
	arrival uint64
	packet  packet
}

// packet is a held frame with its virtio-net header. first is its first chunk in the arena,
// and size its length in bytes.
type packet struct {
	first uint32
	size  uint32
}

func newSchedule(c Config) *schedule {
	// The direction selects the stream of the generator, so that the jitter of the two
	// directions differs.
	stream := uint64(1)
	if c.Direction == fault.Ingress {
		stream = 2
	}
	return &schedule{
		delay: int64(c.Delay), jitter: int64(c.Jitter),
		random: rand.New(rand.NewPCG(c.Seed, stream)),
	}
}

func (d departure) before(e departure) bool {
	return d.due < e.due || d.due == e.due && d.arrival < e.arrival
}

// add adds a packet that has come now.
func (s *schedule) add(now int64, p packet) {
	d := departure{due: now + s.delay, arrival: s.arrivals, packet: p}
	if s.jitter > 0 {
		d.due += s.random.Int64N(2*s.jitter+1) - s.jitter
	}
	s.arrivals++
	s.heap = append(s.heap, d)
	i := len(s.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !d.before(s.heap[parent]) {
			break
		}
		s.heap[i] = s.heap[parent]
		i = parent
	}
	s.heap[i] = d
}

// next is the packet that leaves next, and its time.
func (s *schedule) next() (p packet, due int64, ok bool) {
	if len(s.heap) == 0 {
		return packet{}, 0, false
	}
	return s.heap[0].packet, s.heap[0].due, true
}

// untilNext is how long the next packet has to wait. It is 0 if the packet is due.
func (s *schedule) untilNext(now int64) (time.Duration, bool) {
	if len(s.heap) == 0 {
		return 0, false
	}
	return time.Duration(max(s.heap[0].due-now, 0)), true
}

// remove removes the packet that next returns.
func (s *schedule) remove() {
	last := len(s.heap) - 1
	d := s.heap[last]
	s.heap = s.heap[:last]
	if last == 0 {
		return
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && s.heap[child+1].before(s.heap[child]) {
			child++
		}
		if !s.heap[child].before(d) {
			break
		}
		s.heap[i] = s.heap[child]
		i = child
	}
	s.heap[i] = d
}
