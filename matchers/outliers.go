package matchers

import (
	"cmp"
	"math"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// deviation is one way in which one member may differ, and the evidence for it.
type deviation struct {
	member int
	kind   OutlierKind
	logE   float64
}

// fleetFinding is what was observed of a fleet: which deviations are named, and which are
// still open.
type fleetFinding struct {
	*fleetTest
	f           *probe.FleetWindow
	members     []probe.Member // those that are not excepted
	names       []string
	places      []int // in the fleet
	latency     latencyTest
	margins     *stats.Fleet // clears members; the latency test itself unless that is by rank
	errors      *stats.FleetErrors
	named, open []deviation
	pooled      [][]float64 // the members' latencies in order, made when needed
}

// latencyTest is stats.Fleet, or stats.FleetRank where ByRank asks for it.
type latencyTest interface {
	Windows() int
	Count(member int, tail stats.Tail) int
	WindowsToFlag(member int, tail stats.Tail, alpha float64) (int, error)
	LogE(member int, tail stats.Tail) float64
	Outliers(alpha float64) []stats.Outlier
}

func (t *fleetTest) look(f *probe.FleetWindow) (fleetFinding, error) {
	s := fleetFinding{fleetTest: t, f: f}
	var err error
	if s.members, err = t.comparedMembers(f); err != nil {
		return s, err
	}
	all := namesOf(f.Members())
	for _, name := range namesOf(s.members) {
		s.names, s.places = append(s.names, name), append(s.places, slices.Index(all, name))
	}
	if err := s.compareLatencies(); err != nil {
		return s, err
	}
	if s.errors, err = stats.NewFleetErrors(len(s.names), float64(s.margin)); err != nil {
		return s, err
	}
	if err := s.errors.Add(s.counts()); err != nil {
		return s, err
	}
	s.errors.InBursts(s.errorBurst())
	s.sort()
	return s, nil
}

// sort collects the deviations that are named and those that are still open.
func (s *fleetFinding) sort() {
	tooFewHealthy := s.tooFewHealthy()
	if !tooFewHealthy {
		for _, o := range s.latency.Outliers(s.latencyAlpha()) {
			if kind := kindOf(o.Tail); (!s.byRank || kind == Slower) && (s.byRank || s.standsOut(o.Member, o.Tail)) {
				s.named = append(s.named, deviation{o.Member, kind, o.LogE})
			}
		}
	}
	for member := range s.names {
		for _, tail := range s.tails() {
			kind := kindOf(tail)
			if tooFewHealthy || slices.ContainsFunc(s.named, func(d deviation) bool { return d.member == member && d.kind == kind }) {
				continue
			}
			if logE, named := s.namedAtEnd(member, tail); named {
				s.named = append(s.named, deviation{member, kind, logE})
			}
		}
	}
	var failing []int
	for _, o := range s.errors.Outliers(float64(s.alpha) * errorShare) {
		s.named = append(s.named, deviation{o.Member, Failing, o.LogE})
		failing = append(failing, o.Member)
	}
	is := func(member int, kind OutlierKind) bool {
		return slices.ContainsFunc(s.named, func(d deviation) bool { return d.member == member && d.kind == kind })
	}
	for member := range s.names {
		for _, tail := range s.tails() {
			if kind := kindOf(tail); !is(member, kind) && (tooFewHealthy || !s.margins.Cleared(member, tail, float64(s.alpha)) && !s.clearedAtEnd(member, kind)) {
				s.open = append(s.open, deviation{member, kind, s.latency.LogE(member, tail)})
			}
		}
		if !is(member, Failing) && (tooFewHealthy || !s.clearedOfFailing(member, failing) && (len(failing) > 0 || !s.clearedAtEnd(member, Failing))) {
			s.open = append(s.open, deviation{member, Failing, s.errors.LogE(member)})
		}
	}
	slices.SortStableFunc(s.open, func(a, b deviation) int { return cmp.Compare(b.logE, a.logE) })
}

func tailOf(w OutlierKind) stats.Tail {
	if w == Faster {
		return stats.Faster
	}
	return stats.Slower
}

func (s *fleetFinding) tails() []stats.Tail {
	if s.byRank {
		return []stats.Tail{stats.Slower}
	}
	return []stats.Tail{stats.Slower, stats.Faster}
}

func kindOf(t stats.Tail) OutlierKind {
	if t == stats.Faster {
		return Faster
	}
	return Slower
}

// latencyAlpha is the level at which latencies name a member.
func (s fleetFinding) latencyAlpha() float64 { return float64(s.alpha) * stats.LatencyShare }

// isAsked reports whether the matcher was asked about a deviation.
func (s fleetFinding) isAsked(d deviation) bool {
	return (s.member == "" || s.names[d.member] == s.member) && (len(s.kinds) == 0 || slices.Contains(s.kinds, d.kind))
}

func (s fleetFinding) outcome() record.Outcome { return s.decide(s) }

// strongest is the evidence against the fleet, or that for the outlier.
func (s fleetFinding) strongest() float64 {
	logE := math.Inf(-1)
	for _, d := range slices.Concat(s.named, s.open) {
		if s.isAsked(d) {
			logE = math.Max(logE, d.logE)
		}
	}
	return logE
}

func (s fleetFinding) judgement() record.Judgement {
	return record.Judgement{
		Matcher: s.matcher, Objective: s.short, Outcome: s.outcome(),
		Value: record.Float(len(s.named)), Threshold: record.Float(nan),
		Samples: s.f.N() * len(s.members), Alpha: record.Float(s.alpha), LogE: record.Float(s.evidence()), Text: s.text(),
	}
}

// evidence is the evidence against HaveNoOutliers. There is no e-value against
// HaveOutlier.
func (s fleetFinding) evidence() float64 {
	if s.member != "" {
		return nan
	}
	return s.strongest()
}
