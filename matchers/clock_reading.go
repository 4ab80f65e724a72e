package matchers

import (
	"cmp"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// reading is what a window remembers about its member's clock.
type reading struct {
	n            int
	offset       stats.Offset
	stepped      bool
	problem      string // why a healthy answer contained no time, or an impossible one
	proxyProblem string // why an unhealthy answer, such as a proxy's, contained none
	notRead      bool   // a whole answer came, and the probe did not read its time
}

// clockKey is the key under which a window remembers its member's clock.
type clockKey struct{}

// read narrows the offset with each answer that contains a time.
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
			r.proxyProblem = cmp.Or(r.proxyProblem, s.ClockProblem)
		case s.Answered():
			r.notRead = true
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
