package probe

import (
	"context"
	"fmt"
	"time"
)

// checkWindows refuses a load that is too short for one window of the width that was
// asked for. With the default width, a load may be too short for any window.
func (f *Fleet) checkWindows(rate Rate, d time.Duration, rounds int) error {
	g, err := newGrid(rate, f.width)
	if err == nil && f.width > 0 && d > 0 && rounds < g.each {
		err = fmt.Errorf("windows of %s in a load of %s: none would be complete: make them narrower or load for longer", f.width, d)
	}
	return err
}

// load begins a load of all members of a fleet.
func (FleetSample) load(ctx context.Context, what Loadable[FleetSample], rate Rate, d time.Duration, r *run) (*Stream[*FleetWindow], error) {
	fleet, _ := what.(*Fleet)
	if err := fleet.check(); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	looks, err := r.plan(fleet.name, len(fleet.probes), rate, d)
	if err == nil {
		err = fleet.checkWindows(rate, d, looks/len(fleet.probes))
	}
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	members := fleet.members(ctx)
	if err := prepare(ctx, fleet.name, fleet.probes, rate); err != nil {
		return nil, err
	}
	probes := make([]string, len(fleet.probes))
	for i, p := range fleet.probes {
		probes[i] = p.String()
	}
	start := time.Now()
	series, err := newFleetSeries(fleet.name, start, rate, fleet.width, members, probes)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	series.label(r)
	load := &loading{
		run: r, schedule: schedule{fleet.probes, start, rate, looks}, name: fleet.name, members: len(members), d: d,
		add: series.addRound, tell: series.tell(r), end: series.End,
	}
	load.begin(ctx)
	return &Stream[*FleetWindow]{load, series.Window}, nil
}

// label sets the spec's name and faults, before the series is shared.
func (f *FleetSeries) label(r *run) {
	f.spec, f.number, f.faults = r.spec, r.number, r.faults
	for _, s := range f.series {
		s.spec, s.faults = r.spec, r.faults
	}
}

func (f *FleetSeries) addRound(round []Sample, completeTo time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.add(round, completeTo)
}

// tell reports the samples that have ended so far, all together and for each member.
func (f *FleetSeries) tell(r *run) func(time.Time, *progress) {
	return func(now time.Time, p *progress) {
		all := p.all.totals(Window{probe: f.name, spec: f.spec, number: f.number, faults: f.faults, start: f.start, end: now})
		for i, member := range f.series {
			all.Members = append(all.Members, p.members[i].totals(member.heading(now)))
		}
		r.report(all)
	}
}
