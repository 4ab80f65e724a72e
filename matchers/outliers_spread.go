package matchers

import (
	"math"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// smallSpread is the part of the margin by which the typical latencies of peers may spread
// before it counts. Two or three peers hardly show their spread.
func smallSpread(peers int) float64 {
	if peers < 4 {
		return 0.5
	}
	return 0.1
}

// spreadLooks is what polling adds to the false alarms of Student's test, whose looks resemble each
// other: three independent looks.
const spreadLooks = 3

// standsOut reports whether a member differs from its peers by more than they differ from
// each other. Under noise that lasts as long as the load, such as busy neighbours, healthy
// members differ all the time, and only their spread tells by how much. The test is Student's, for
// one member beside its peers.
func (s *fleetFinding) standsOut(member int, tail stats.Tail) bool {
	levels := make([]float64, len(s.names))
	for i := range levels {
		levels[i] = s.level(i)
	}
	own := levels[member]
	peers := slices.Delete(levels, member, member+1)
	mean, squares := 0.0, 0.0
	for _, level := range peers {
		mean += level / float64(len(peers))
	}
	for _, level := range peers {
		squares += (level - mean) * (level - mean)
	}
	spread := math.Sqrt(squares / float64(len(peers)-1))
	if spread < smallSpread(len(peers))*math.Log1p(float64(s.margin)) {
		return true
	}
	more := own - mean
	if tail == stats.Faster {
		more = -more
	}
	far := more / (spread * math.Sqrt(1+1/float64(len(peers))))
	return stats.StudentTail(far, len(peers)-1) <= s.latencyAlpha()/float64(2*len(s.names))/spreadLooks
}

// level is the mean of the logarithms of a member's latencies.
func (s *fleetFinding) level(member int) float64 {
	type logs struct {
		n   int
		sum float64
	}
	l := probe.Fold(s.members[member].Window, memberLevelKey{}, func() logs { return logs{} }, func(l logs, samples []probe.Sample) logs {
		for i := range samples {
			l.n++
			l.sum += math.Log(math.Max(samples[i].Latency.Seconds(), 1e-9))
		}
		return l
	})
	return l.sum / math.Max(float64(l.n), 1)
}

// memberLevelKey is the key under which a member's window remembers its level.
type memberLevelKey struct{}

// errorBurst is how many errors of one member come together, on average over all errors.
func (s *fleetFinding) errorBurst() float64 {
	errors, weighted := 0.0, 0.0
	for _, m := range s.members {
		events := probe.Fold(m.Window, memberErrorsKey{}, func() stats.Events { return stats.Events{} }, func(e stats.Events, samples []probe.Sample) stats.Events {
			for i := range samples {
				e.Add(!samples[i].Healthy())
			}
			return e
		})
		errors += float64(events.Count())
		weighted += float64(events.Count()) * events.Burst()
	}
	if errors == 0 {
		return 1
	}
	return weighted / errors
}

// memberErrorsKey is the key under which a member's window remembers how its errors lie.
type memberErrorsKey struct{}
