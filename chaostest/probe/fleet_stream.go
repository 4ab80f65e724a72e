package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Windows is the width of the windows in which the members of a fleet are
// compared, in place of DefaultWidth. It is rounded to a whole number of samples. A
// load whose duration is given must be long enough for one. Loads of one probe have
// none.
func Windows(width time.Duration) RunOption {
	return func(r *run) { r.width = width }
}

// checkWindows refuses windows that were asked for and of which the load's rounds
// would complete none. Who names no width may want none.
func (r *run) checkWindows(rate Rate, d time.Duration, rounds int) error {
	g, err := newGrid(rate, r.width)
	if err == nil && r.width > 0 && d > 0 && rounds < g.each {
		err = fmt.Errorf("windows of %s in a load of %s: none would be complete: make them narrower or load for longer", r.width, d)
	}
	return err
}

// FleetStream is a load of a fleet that runs while the test goes on. It comes
// from StartFleet.
type FleetStream struct {
	load   *loading
	series *FleetSeries
}

// RunFleet loads all members of a fleet as Run does one service, each at the rate,
// on one schedule: in every round each member is asked once, spread over the
// round's time, and they take turns in being first. Rate times duration times
// members make at most 1,000,000 samples, and rate times members is at most 10,000
// a second.
func RunFleet(ctx context.Context, fleet *Fleet, rate Rate, d time.Duration, options ...RunOption) (*FleetWindow, error) {
	if fleet != nil && len(fleet.probes) > 0 && fleet.err == nil && d == 0 {
		return nil, fmt.Errorf("load: %s for %s: the duration must be above 0", fleet, d)
	}
	s, err := StartFleet(ctx, fleet, rate, d, options...)
	if err != nil {
		return nil, err
	}
	<-s.load.done
	return s.series.Window(), s.load.err
}

// StartFleet begins what RunFleet does and returns: the load ends by itself after
// the duration, or with Stop, or when ctx ends. A duration of 0 is until Stop.
func StartFleet(ctx context.Context, fleet *Fleet, rate Rate, d time.Duration, options ...RunOption) (*FleetStream, error) {
	if fleet == nil || fleet.err == nil && len(fleet.probes) == 0 {
		return nil, errors.New("load: no fleet: make one with probe.FleetOf")
	}
	if fleet.err != nil {
		return nil, fmt.Errorf("load: %w", fleet.err)
	}
	r := newRun(options)
	looks, err := r.plan(fleet.name, len(fleet.probes), rate, d)
	if err == nil {
		err = r.checkWindows(rate, d, looks/len(fleet.probes))
	}
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	members := fleet.members(ctx)
	if err := prepare(ctx, fleet.probes); err != nil {
		return nil, err
	}
	probes := make([]string, len(fleet.probes))
	for i, p := range fleet.probes {
		probes[i] = p.String()
	}
	start := time.Now()
	series, err := newFleetSeries(fleet.name, start, rate, r.width, members, probes)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	series.label(r)
	s := &FleetStream{series: series}
	s.load = &loading{
		run: r, schedule: schedule{fleet.probes, start, rate, looks}, name: fleet.name, members: len(members), d: d,
		add: s.add, tell: s.tell, end: series.End,
	}
	s.load.begin(ctx)
	return s, nil
}

// label hands on the spec's name and faults, before the series is shared.
func (f *FleetSeries) label(r *run) {
	f.spec, f.number, f.faults = r.spec, r.number, r.faults
	for _, s := range f.series {
		s.spec, s.faults = r.spec, r.faults
	}
}

func (s *FleetStream) add(round []Sample, known time.Time) {
	s.series.mu.Lock()
	defer s.series.mu.Unlock()
	s.series.add(round, known)
}

func (s *FleetStream) tell(now time.Time, so *progress) {
	f := s.series
	r := so.all.totals(Window{probe: f.name, spec: f.spec, number: f.number, faults: f.faults, start: f.start, end: now})
	for i, member := range f.series {
		r.Members = append(r.Members, so.members[i].totals(member.heading(now)))
	}
	s.load.report(r)
}

// Window is the window so far: the same number of samples of each member, up to
// the first round with one that is still in flight. It fits Eventually and
// Consistently. The error is the load's own failure, as of Stream.Window.
func (s *FleetStream) Window() (*FleetWindow, error) {
	err := s.load.failed() // before the window: what has failed has all its samples
	return s.series.Window(), err
}

// UntilEnd is Window for one Consistently, which it ends when the load has ended, as
// Stream.UntilEnd does.
func (s *FleetStream) UntilEnd() func() (*FleetWindow, error) { return UntilEnd(s.Window) }

// Wait waits until the load has ended, and returns its window. When ctx ends
// before, or the load has failed, it returns the window so far and the error.
func (s *FleetStream) Wait(ctx context.Context) (*FleetWindow, error) {
	err := s.load.wait(ctx)
	return s.series.Window(), err
}

// Stop ends the load as Stream.Stop does. The samples of a round that was not
// asked to its end are left out.
func (s *FleetStream) Stop() { s.load.halt() }

// String says what there is so far, each member in a line of its own.
func (s *FleetStream) String() string { return s.series.Window().String() }

// MarshalJSON encodes the record of the window so far, with what was judged of
// any window of the load.
func (s *FleetStream) MarshalJSON() ([]byte, error) { return json.Marshal(s.series.Window().Record()) }
