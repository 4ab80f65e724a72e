package matchers

import (
	"cmp"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// reading is what a window remembers of its member's clock.
type reading struct {
	n       int
	offset  stats.Offset
	stepped bool
	problem string // why a healthy answer had no time, or none that can be
	unread  string // why another had none, as that of a proxy before it
	unasked bool   // a whole answer came, and nobody asked it for the time
}

// clockKey is under what a window remembers its member's clock.
type clockKey struct{}

// read narrows the offset by each answer that says a time.
func read(r reading, samples []probe.Sample) reading {
	for i := range samples {
		s := &samples[i]
		switch {
		case r.stepped || r.problem != "":
			return r
		case s.Clock != nil:
			r = r.narrow(s.Clock)
		case s.ClockProblem != "" && s.Healthy():
			r.problem = s.ClockProblem
		case s.ClockProblem != "":
			r.unread = cmp.Or(r.unread, s.ClockProblem)
		case s.Answered():
			r.unasked = true
		}
	}
	return r
}

func (r reading) narrow(c *probe.Reading) reading {
	offset, err := stats.NewOffset(c.Sent, c.Received, c.Says, c.Resolution)
	if err != nil {
		r.problem = err.Error()
		return r
	}
	if r.n++; r.n > 1 {
		if offset, err = stats.Intersect([]stats.Offset{r.offset, offset}); err != nil {
			r.stepped = true
			return r
		}
	}
	r.offset = offset
	return r
}
