package matchers

import (
	"math"
	"slices"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

const (
	// clearedAt is how many standard errors a rank must lie below one half, at one look.
	clearedAt = 1.645
	// muchFailing is the difference of error rates that must be ruled out at the end, and
	// fewFailing the one that may be observed.
	muchFailing, fewFailing = 0.1, 0.025
	// fewestAtEnd is how many requests to each member the look at the end needs.
	fewestAtEnd = 100
	// endShare is the part of alpha that the look at the end has to name slower and faster
	// members. Errors have what latencies leave.
	endShare, errorShare = (1 - stats.LatencyShare) / 3, (1 - stats.LatencyShare) * 2 / 3
)

// clearedAtEnd reports whether one look at the whole of a load that has ended clears a member. It sees more than
// windows do. The member must be observed within the margin, and twice the margin must be
// ruled out.
func (s *fleetFinding) clearedAtEnd(member int, kind OutlierKind) bool {
	if !s.f.Final() || s.f.N() < fewestAtEnd {
		return false
	}
	if kind == Failing {
		return s.clearedOfErrorsAtEnd(member)
	}
	margin := 1 + float64(s.margin)
	above, _ := s.beyond(member, tailOf(kind), margin)
	far, deviation := s.beyond(member, tailOf(kind), margin*margin)
	return above <= 0.5 && far+clearedAt*deviation < 0.5
}

// namedAtEnd reports whether one look at the whole of a load that has ended shows that a
// member is beyond the margin. It sees smaller differences than windows do.
func (s *fleetFinding) namedAtEnd(member int, tail stats.Tail) (logE float64, named bool) {
	if s.byRank || !s.f.Final() || s.f.N() < fewestAtEnd {
		return 0, false
	}
	share, deviation := s.beyond(member, tail, 1+float64(s.margin))
	p := math.Erfc((share-0.5)/deviation/math.Sqrt2) / 2
	if p > float64(s.alpha)*endShare/float64(2*len(s.names)) || !s.standsOut(member, tail) {
		return 0, false
	}
	return -math.Log(math.Max(p, math.SmallestNonzeroFloat64)), true
}

// beyond is how often a request of the member takes longer than one of its peers by a
// factor and the floor, or less long, with the standard error (the rank-sum statistic as a share).
func (s *fleetFinding) beyond(member int, tail stats.Tail, factor float64) (share, deviation float64) {
	if s.pooled == nil {
		s.pooled = make([][]float64, len(s.members))
		for i, m := range s.members {
			for _, sample := range m.Window.Samples() {
				s.pooled[i] = append(s.pooled[i], sample.Latency.Seconds())
			}
			slices.Sort(s.pooled[i])
		}
	}
	own, peers := s.pooled[member], 0
	beyond := 0.0
	for i, theirs := range s.pooled {
		if i == member {
			continue
		}
		peers += len(theirs)
		below := 0
		for _, mine := range own {
			if tail == stats.Slower {
				// Sorted, so the place only moves up.
				for below < len(theirs) && mine > math.Max(theirs[below]*factor, theirs[below]+s.floor.seconds()) {
					below++
				}
				beyond += float64(below)
				continue
			}
			for below < len(theirs) && theirs[below] <= math.Max(mine*factor, mine+s.floor.seconds()) {
				below++
			}
			beyond += float64(len(theirs) - below)
		}
	}
	n, m := float64(len(own)), float64(peers)
	if n == 0 || m == 0 {
		return 1, 1
	}
	return beyond / (n * m), math.Sqrt((n + m + 1) / (12 * n * m))
}

func (s *fleetFinding) clearedOfErrorsAtEnd(member int) bool {
	errors, requests := 0, 0
	for i := range s.names {
		if i != member {
			errors, requests = errors+s.errors.Errors(i), requests+s.errors.Requests(i)
		}
	}
	n := s.errors.Requests(member)
	if n == 0 || requests == 0 {
		return false
	}
	rate, peers := float64(s.errors.Errors(member))/float64(n), float64(errors)/float64(requests)
	if rate > math.Max(peers*(1+float64(s.margin)), peers+fewFailing) {
		return false
	}
	burst := s.errorBurst()
	episodes, looks := int(math.Ceil(float64(s.errors.Errors(member))/burst)), max(int(float64(n)/burst), 1)
	most, err := stats.FailuresBound(min(episodes, looks), looks, float64(s.alpha))
	return err == nil && most < peers+muchFailing
}
