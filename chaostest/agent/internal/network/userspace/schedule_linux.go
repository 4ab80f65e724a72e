package userspace

import (
	"math/rand/v2"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// schedule decides when each packet leaves: a heap ordered by deadline, and
// among equal ones by arrival. Times are nanoseconds on a clock of the caller's.
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

// packet is a held frame with its virtio-net header: its first chunk in the
// arena, and its size in bytes.
type packet struct {
	first uint32
	size  uint32
}

func newSchedule(c Config) *schedule {
	// The direction is the generator's stream, so that a delay both ways does not
	// draw the same jitter twice.
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

// add takes a packet that came now.
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

// next is the packet to leave next, and when.
func (s *schedule) next() (p packet, due int64, ok bool) {
	if len(s.heap) == 0 {
		return packet{}, 0, false
	}
	return s.heap[0].packet, s.heap[0].due, true
}

// untilNext is how long next has to wait, 0 when it is due.
func (s *schedule) untilNext(now int64) (time.Duration, bool) {
	if len(s.heap) == 0 {
		return 0, false
	}
	return time.Duration(max(s.heap[0].due-now, 0)), true
}

// remove takes out the packet that next shows.
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
