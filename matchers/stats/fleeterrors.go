package stats

import (
	"fmt"
	"math"
	"slices"
)

// FleetErrors looks for members of a fleet that fail more often than their peers. It
// may be asked at any time, and uses only which member each error belongs to. Its null
// hypothesis is that a member's rate of errors is at most 1+margin times its peers'.
// Then, whatever came before and however all rates drift together, the next error is
// that member's with probability at most s (1+margin) / (1 + s margin), where s is its
// share of the requests. This is exact for Poisson streams of errors.
//
// The test is a likelihood ratio of higher rates over the highest allowed one,
// averaged over a few. It is an e-process. The share may change from batch to batch, as it
// does when a load balancer ejects a member.
//
// A FleetErrors is not safe for concurrent use; read a Clone instead.
type FleetErrors struct {
	margin           float64
	errors, requests []int
	worse, cleared   [][]float64 // by member, the log likelihood ratio of each candidate rate
	burst            float64     // how many errors count as one; below 1 it is 1
}

// A member is cleared if its errors cannot matter: its rate is below FailingTimes
// its peers', or it fails less often than FailingRate.
const (
	FailingTimes = 5.0
	FailingRate  = 0.05
)

// The candidate rates: a failing member's in units of the highest that is allowed,
// and a healthy one's in units of its peers'. All lie on the claim's side of the
// limit, because the ratio is an e-process only then.
var (
	failingTimes = []float64{1.5, 2, 3, 5, 10, 30, 100}
	healthyTimes = []float64{0.1, 0.5, 1, 1.5, 2.5}
)

// NewFleetErrors starts with no request. There must be at least 3 members. margin is
// a share of the peers' rate of errors, 0.25 for 25 %, and not negative; it must be
// below FailingTimes - 1, because otherwise some rates could be neither failing nor cleared.
func NewFleetErrors(members int, margin float64) (*FleetErrors, error) {
	if _, err := newTally(members, fleetTest); err != nil {
		return nil, err
	}
	if !(margin >= 0 && margin < FailingTimes-1) {
		return nil, fmt.Errorf("compare errors of a fleet with margin %v: must be a share of at least 0 and below %v, such as 0.25", margin, FailingTimes-1)
	}
	f := &FleetErrors{
		margin: margin, errors: make([]int, members), requests: make([]int, members),
		worse: make([][]float64, members), cleared: make([][]float64, members),
	}
	for i := range members {
		f.worse[i], f.cleared[i] = make([]float64, len(failingTimes)), make([]float64, len(healthyTimes))
	}
	return f, nil
}

// Add adds a batch: how many requests each member had since the last one, and how
// many of them failed. Impossible counts are an error and change nothing.
func (f *FleetErrors) Add(errors, requests []int) error {
	if err := checkCounts(errors, requests); err != nil {
		return err
	}
	if len(errors) != len(f.errors) {
		return fmt.Errorf("add errors of a fleet: counts of %d members for %d: give one for each", len(errors), len(f.errors))
	}
	failed, all := 0, 0.0
	for i := range errors {
		failed, all = failed+errors[i], all+float64(requests[i])
	}
	for i, failures := range errors {
		f.errors[i] += failures
		f.requests[i] += requests[i]
		if requests[i] == 0 || float64(requests[i]) == all {
			continue // there is nothing to compare it with
		}
		share := float64(requests[i]) / all
		for j, times := range failingTimes {
			f.worse[i][j] += logRatio(share, times*(1+f.margin), 1+f.margin, failures, failed-failures)
		}
		for j, times := range healthyTimes {
			f.cleared[i][j] += logRatio(share, times, FailingTimes, failures, failed-failures)
		}
	}
	return nil
}

// checkCounts refuses impossible counts.
func checkCounts(errors, requests []int) error {
	switch {
	case len(errors) != len(requests):
		return fmt.Errorf("compare error counts: errors of %d members and requests of %d: give both for each", len(errors), len(requests))
	case len(errors) < 2:
		return fmt.Errorf("compare error counts of %d members: at least 2 are needed", len(errors))
	}
	for i, e := range errors {
		if e < 0 || requests[i] < e {
			return fmt.Errorf("compare error counts: member %d has %d errors in %d requests: cannot be", i, e, requests[i])
		}
	}
	return nil
}

// logRatio is the log likelihood ratio of two rates of errors, given a member's errors and
// its peers': times the peers' rate, over limit times the peers' rate.
func logRatio(share, times, limit float64, member, peers int) float64 {
	p, null := errorShare(share, times), errorShare(share, limit)
	return float64(member)*math.Log(p/null) + float64(peers)*math.Log((1-p)/(1-null))
}

// errorShare is a member's share of all errors, given its share of the requests and a rate
// of errors that is so many times the others'.
func errorShare(share, times float64) float64 { return share * times / (1 - share + share*times) }

// Members is the number of members.
func (f *FleetErrors) Members() int { return len(f.errors) }

// Errors is the number of a member's errors, 0 if there is no such member.
func (f *FleetErrors) Errors(member int) int {
	if !f.has(member) {
		return 0
	}
	return f.errors[member]
}

// Requests is the number of a member's requests, 0 if there is no such member.
func (f *FleetErrors) Requests(member int) int {
	if !f.has(member) {
		return 0
	}
	return f.requests[member]
}

// LogE is the natural logarithm of the e-value that a member fails more often than
// its peers by more than the margin. It is NaN if there is no such member.
func (f *FleetErrors) LogE(member int) float64 {
	if !f.has(member) {
		return math.NaN()
	}
	return f.mean(f.worse[member])
}

// InBursts says how many errors count as one, because they come together ([Events.Burst]).
func (f *FleetErrors) InBursts(size float64) { f.burst = size }

// mean is the logarithm of the average e-value of these, in bursts.
func (f *FleetErrors) mean(logs []float64) float64 {
	each := slices.Clone(logs)
	for i := range each {
		each[i] /= math.Max(f.burst, 1)
	}
	return MeanLogE(each...)
}

// FailingMember is a member that was shown to fail more often than its peers.
type FailingMember struct {
	// Member is its index.
	Member int
	// LogE is the natural logarithm of its e-value.
	LogE float64
	// Errors of Requests failed.
	Errors, Requests int
}

// Outliers are the members that were shown to fail more often than their peers, those
// with the most evidence first. The probability that any healthy member is ever
// among them, over all members and looks, is at most alpha: each is tested at alpha
// divided by the number of members (Bonferroni). There are none for an alpha outside (0, 1).
func (f *FleetErrors) Outliers(alpha float64) []FailingMember {
	var found []FailingMember
	for _, o := range outliers(f.Members(), []Tail{Slower}, alpha,
		func(i int, _ Tail) float64 { return f.LogE(i) }, func(i int, _ Tail) int { return f.errors[i] }) {
		found = append(found, FailingMember{o.Member, o.LogE, o.Count, f.requests[o.Member]})
	}
	return found
}

// Cleared reports whether a member is cleared at level alpha, at any look. It must not be
// observed to fail more often than its peers by more than the margin and one request in a
// hundred. And the requests must reject that its rate is at least FailingRate and at least
// FailingTimes its peers'; the e-values against these two are averaged. So without errors,
// the number of requests clears a member. With many errors, an even distribution of them
// does. Clearing all members together needs no correction.
func (f *FleetErrors) Cleared(member int, alpha float64) bool {
	if !f.has(member) || !(alpha > 0 && alpha < 1) {
		return false
	}
	return f.clears(member, f.requests[member], alpha)
}

// clears reports whether a member would be cleared with this many requests and the errors
// it has now.
func (f *FleetErrors) clears(member, requests int, alpha float64) bool {
	if !f.within(member, requests) {
		return false
	}
	low := Below(FailingRate).InBursts(f.burst).LogE(f.errors[member], requests)
	return MeanLogE(low, f.mean(f.cleared[member])) >= -math.Log(alpha)
}

// few is the difference of rates that may be observed even beyond the margin.
const few = FailingRate / 5

// within reports whether a member would be observed to fail no more often than allowed with
// this many requests, if its peers' requests grew alike and there were no more errors.
func (f *FleetErrors) within(member, requests int) bool {
	errors, others := -f.errors[member], -f.requests[member]
	for i := range f.errors {
		errors, others = errors+f.errors[i], others+f.requests[i]
	}
	if requests == 0 || others == 0 {
		return true // there is nothing to compare
	}
	grown := float64(requests) / math.Max(1, float64(f.requests[member]))
	rate, peers := float64(f.errors[member])/float64(requests), float64(errors)/(float64(others)*grown)
	return rate <= math.Max(peers*(1+f.margin), peers+few)*(1+1e-9)
}

// RequestsToClear returns the number of requests to a member after which
// FleetErrors.Cleared holds at level alpha if there is no error in the whole fleet.
func RequestsToClear(alpha float64) (int, error) {
	if !(alpha > 0 && alpha < 1) {
		return 0, fmt.Errorf("plan requests at level %v: must be between 0 and 1", alpha)
	}
	n := 0
	for MeanLogE(Below(FailingRate).LogE(0, n), 0) < -math.Log(alpha) {
		n++
	}
	return n, nil
}

// Clone returns an independent copy.
func (f *FleetErrors) Clone() *FleetErrors {
	c := *f
	c.errors, c.requests = slices.Clone(f.errors), slices.Clone(f.requests)
	c.worse, c.cleared = make([][]float64, len(f.worse)), make([][]float64, len(f.cleared))
	for i := range f.worse {
		c.worse[i], c.cleared[i] = slices.Clone(f.worse[i]), slices.Clone(f.cleared[i])
	}
	return &c
}

func (f *FleetErrors) has(member int) bool { return member >= 0 && member < len(f.errors) }
