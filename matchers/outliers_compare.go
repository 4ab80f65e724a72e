package matchers

import (
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// fleetKey is the key under which a fleet remembers how often each member was beyond the margin.
type fleetKey struct {
	margin MarginOption
	floor  FloorOption
	places string
}

// rankKey is the key under which a fleet remembers how often each member was the slowest.
type rankKey struct{ places string }

// counted is a test of latencies, or the reason why there is none.
type counted[T any] struct {
	test T
	err  error
}

func (s *fleetFinding) compareLatencies() error {
	places := fmt.Sprint(s.places)
	margins := probe.FoldSpans(s.f, fleetKey{s.margin, s.floor, places}, func() counted[*stats.Fleet] {
		test, err := stats.NewFleet(len(s.names), float64(s.margin), s.floor.seconds())
		return counted[*stats.Fleet]{test, err}
	}, adding[*stats.Fleet](s))
	s.latency, s.margins = margins.test, margins.test
	if !s.byRank || margins.err != nil {
		return margins.err
	}
	ranks := probe.FoldSpans(s.f, rankKey{places}, func() counted[*stats.FleetRank] {
		test, err := stats.NewFleetRank(len(s.names))
		return counted[*stats.FleetRank]{test, err}
	}, adding[*stats.FleetRank](s))
	s.latency = ranks.test
	return ranks.err
}

// adding adds windows to a copy of the test, because others may still read the original.
func adding[T interface {
	Clone() T
	Add([]float64) error
}](s *fleetFinding) func(counted[T], [][]float64) counted[T] {
	return func(c counted[T], windows [][]float64) counted[T] {
		if c.err != nil {
			return c
		}
		c.test = c.test.Clone()
		for _, window := range windows {
			if c.err = c.test.Add(s.judged(window)); c.err != nil {
				return c
			}
		}
		return c
	}
}

// judged returns the values of a row that belong to the compared members.
func (s *fleetFinding) judged(row []float64) []float64 {
	left := make([]float64, len(s.places))
	for i, place := range s.places {
		left[i] = row[place]
	}
	return left
}

// counts are the members' errors and requests, without those at the places.
func (s *fleetFinding) counts(without ...int) (errors, requests []int) {
	for i, m := range s.members {
		if !slices.Contains(without, i) {
			errors, requests = append(errors, m.Window.Errors()), append(requests, m.Window.N())
		}
	}
	return errors, requests
}

// mostlyFailing counts the members that failed most of their requests.
func (s *fleetFinding) mostlyFailing() int {
	n := 0
	errors, requests := s.counts()
	for i := range errors {
		if 2*errors[i] > requests[i] {
			n++
		}
	}
	return n
}

// tooFewHealthy reports whether half or more of the members fail most of their requests.
// Most peers of a healthy member then fail, so the one that differs may be the healthy one.
func (s *fleetFinding) tooFewHealthy() bool { return 2*s.mostlyFailing() >= len(s.members) }

// clearedOfFailing reports whether a member is shown not to fail more often than its
// peers. It asks once with all peers, and once without the failing ones, whose many errors
// could hide the member's own.
func (s *fleetFinding) clearedOfFailing(member int, failing []int) bool {
	alpha := float64(s.alpha)
	switch {
	case !s.errors.Cleared(member, alpha):
		return false
	case len(failing) == 0:
		return true
	}
	errors, requests := s.counts(failing...)
	rest, err := stats.NewFleetErrors(len(errors), float64(s.margin))
	if err != nil { // too few peers remain
		return stats.Below(stats.FailingRate).Shows(s.errors.Errors(member), s.errors.Requests(member), alpha)
	}
	place := member
	for _, other := range failing {
		if other < member {
			place--
		}
	}
	return rest.Add(errors, requests) == nil && rest.Cleared(place, alpha)
}
