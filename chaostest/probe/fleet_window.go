package probe

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// FleetWindow is the samples of a fleet's members over the same span, as many of
// each. Like a Window it never changes; only judgements are added to it.
type FleetWindow struct {
	name    string
	spec    string
	number  int
	faults  []string
	grid    grid
	members []Member
	kept    *kept
}

// NewFleetWindow makes a window of two or more members' windows, which have names
// of their own, the same start and end, and as many samples. Width is that of the
// windows in which members are compared, 0 for DefaultWidth.
func NewFleetWindow(width time.Duration, members ...Member) (*FleetWindow, error) {
	var names, probes []string
	for _, m := range members {
		names = append(names, m.Name)
	}
	if err := checkNames(names); err != nil {
		return nil, fmt.Errorf("make fleet window: %w", err)
	}
	first := members[0]
	for _, m := range members {
		if err := m.match(first); err != nil {
			return nil, fmt.Errorf("make fleet window: %w", err)
		}
		probes = append(probes, m.Window.Probe())
	}
	g, err := gridOf(first.Window, width)
	if err != nil {
		return nil, fmt.Errorf("make fleet window: %w", err)
	}
	return &FleetWindow{name: fleetName(names, probes), grid: g, members: slices.Clone(members), kept: &kept{}}, nil
}

// gridOf divides a fleet by the rate that a member's window has.
func gridOf(w *Window, width time.Duration) (grid, error) {
	span := w.End().Sub(w.Start())
	switch {
	case w.N() == 0:
		return grid{each: 1, width: width, medians: &medians{}}, checkWidth(width) // nothing to divide
	case span <= 0:
		return grid{}, fmt.Errorf("%s in %s: the end must be after the start", units.Plural(w.N(), "sample"), span)
	}
	return newGrid(Rate(float64(w.N())/span.Seconds()), width)
}

// match checks that the member's window is of the same span as the first one's.
func (m Member) match(first Member) error {
	if m.Window == nil || first.Window == nil {
		return fmt.Errorf("member %s has no window: give it one", m.Name)
	}
	w, f := m.Window, first.Window
	if err := w.Validate(); err != nil {
		return fmt.Errorf("the window of %s: %w", m.Name, err)
	}
	switch {
	case !w.Start().Equal(f.Start()):
		return fmt.Errorf("the window of %s starts %s after that of %s: members are compared over the same span, as RunFleet loads them", m.Name, w.Start().Sub(f.Start()), first.Name)
	case !w.End().Equal(f.End()):
		return fmt.Errorf("the window of %s ends %s after that of %s: members are compared over the same span, as RunFleet loads them", m.Name, w.End().Sub(f.End()), first.Name)
	case w.N() != f.N():
		return fmt.Errorf("%s has %s and %s %d: members are compared with as many, as Run takes them", m.Name, units.Plural(w.N(), "sample"), first.Name, f.N())
	}
	return nil
}

// Probe names the fleet and what was asked of its members.
func (f *FleetWindow) Probe() string { return f.name }

// Members are the fleet's members with their windows, in the order that the fleet
// was made in.
func (f *FleetWindow) Members() []Member { return slices.Clone(f.members) }

// Validate is an error where the fleet window is a zero value, and where the window of a
// member is not valid.
func (f *FleetWindow) Validate() error {
	if f == nil || f.kept == nil {
		return errors.New("the fleet window is a zero value: take it from a load, or make it with probe.NewFleetWindow or of a probe.FleetSeries")
	}
	for _, m := range f.members {
		if err := m.Window.Validate(); err != nil {
			return fmt.Errorf("the window of %s: %w", m.Name, err)
		}
	}
	return nil
}

// first is the first member's window, in all that members have in common.
func (f *FleetWindow) first() *Window {
	if len(f.members) == 0 {
		return &Window{} // of a zero value
	}
	return f.members[0].Window
}

// Start is when the first sample was intended.
func (f *FleetWindow) Start() time.Time { return f.first().Start() }

// End is when the span ended in which samples were intended.
func (f *FleetWindow) End() time.Time { return f.first().End() }

// N is the number of samples of each member.
func (f *FleetWindow) N() int { return f.first().N() }

// Growing reports whether more samples may come after those of the window.
func (f *FleetWindow) Growing() bool {
	return slices.ContainsFunc(f.members, func(m Member) bool { return m.Window.Growing() })
}

// Final reports whether it is known that no more samples will come.
func (f *FleetWindow) Final() bool {
	return f != nil && len(f.members) > 0 && !slices.ContainsFunc(f.members, func(m Member) bool { return !m.Window.Final() })
}

// Width is the width of the windows in which members are compared: the time of a
// whole number of samples.
func (f *FleetWindow) Width() time.Duration { return f.grid.width }

// Spans is the number of complete windows in which members are compared, one
// behind the other from the start, each with the same samples of all members.
func (f *FleetWindow) Spans() int { return f.N() / max(f.grid.each, 1) }

// Medians are the members' median latencies in seconds: a row for each of the
// Spans, with a column for each of the Members. They are over all samples, so that
// a member whose requests time out is slow; one that failed counts with the time
// it took. The rows of a fleet that grows are remembered, so that another look
// costs the new ones only, and shared: do not change them.
func (f *FleetWindow) Medians() [][]float64 { return f.grid.medians.of(f) }

// medians are those of a fleet, and of all its windows while it grows.
type medians struct {
	mu   sync.Mutex
	rows [][]float64
}

func (m *medians) of(f *FleetWindow) [][]float64 {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n, each := f.Spans(), f.grid.each
	for span := len(m.rows); span < n; span++ {
		row := make([]float64, len(f.members))
		for i, member := range f.members {
			row[i] = median(member.Window.samples[span*each : (span+1)*each])
		}
		m.rows = append(m.rows, row)
	}
	return m.rows[:n:n]
}

// median is that of at least one sample, in seconds: the middle one, or half way
// between the two in the middle.
func median(samples []Sample) float64 {
	latencies := make([]time.Duration, len(samples))
	for i := range samples {
		latencies[i] = samples[i].Latency
	}
	slices.Sort(latencies)
	n := len(latencies)
	return (latencies[(n-1)/2].Seconds() + latencies[n/2].Seconds()) / 2
}
