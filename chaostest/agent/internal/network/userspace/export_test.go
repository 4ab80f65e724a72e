package userspace

import "time"

// WirePackets counts the packets of a frame.
var WirePackets = wirePackets

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
