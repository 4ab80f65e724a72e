package probe

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// FleetWindow has the samples of a fleet's members over the same span, the same number
// for each. Like a Window it never changes, except that judgements are added to it.
type FleetWindow struct {
	name    string
	spec    string
	number  int
	faults  []string
	grid    grid
	members []Member
	notes   *notes
}

// NewFleetWindow makes a window from the windows of two or more members. The members
// have different names, and their windows have the same start, the same end, and the
// same number of samples. Width is the width of the windows in which members are
// compared; 0 means DefaultWidth.
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
	return &FleetWindow{name: fleetName(names, probes), grid: g, members: slices.Clone(members), notes: &notes{}}, nil
}

// gridOf makes the grid for the rate of a member's window.
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

// match checks that the member's window covers the same span as the first member's.
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
		return fmt.Errorf("the window of %s starts %s after the window of %s: members are compared over the same span", m.Name, w.Start().Sub(f.Start()), first.Name)
	case !w.End().Equal(f.End()):
		return fmt.Errorf("the window of %s ends %s after the window of %s: members are compared over the same span", m.Name, w.End().Sub(f.End()), first.Name)
	case w.N() != f.N():
		return fmt.Errorf("%s has %s and %s has %d: all members need the same number", m.Name, units.Plural(w.N(), "sample"), first.Name, f.N())
	}
	return nil
}

// Probe names the fleet and the request that its members answer.
func (f *FleetWindow) Probe() string { return f.name }

// Members are the fleet's members with their windows, in the order of FleetOf.
func (f *FleetWindow) Members() []Member { return slices.Clone(f.members) }

// Validate returns an error if the fleet window is a zero value, or if the window of a
// member is not valid.
func (f *FleetWindow) Validate() error {
	if f == nil || f.notes == nil {
		return errors.New("the fleet window is a zero value: take it from a load or a probe.FleetSeries, or make it with probe.NewFleetWindow")
	}
	for _, m := range f.members {
		if err := m.Window.Validate(); err != nil {
			return fmt.Errorf("the window of %s: %w", m.Name, err)
		}
	}
	return nil
}

// first is the first member's window. Its span and its size are those of all members.
func (f *FleetWindow) first() *Window {
	if len(f.members) == 0 {
		return &Window{} // of a zero value
	}
	return f.members[0].Window
}

// Start is when the first sample was intended.
func (f *FleetWindow) Start() time.Time { return f.first().Start() }

// End is the end of the span in which samples were intended.
func (f *FleetWindow) End() time.Time { return f.first().End() }

// N is the number of samples of each member.
func (f *FleetWindow) N() int { return f.first().N() }

// Growing reports whether more samples may follow.
func (f *FleetWindow) Growing() bool {
	return slices.ContainsFunc(f.members, func(m Member) bool { return m.Window.Growing() })
}

// Final reports whether it is known that no more samples will come.
func (f *FleetWindow) Final() bool {
	return f != nil && len(f.members) > 0 && !slices.ContainsFunc(f.members, func(m Member) bool { return !m.Window.Final() })
}

// Width is the width of the windows in which members are compared. It is the time of
// a whole number of samples.
func (f *FleetWindow) Width() time.Duration { return f.grid.width }

// Spans is the number of complete windows in which members are compared. They follow
// each other from the start, and all members have the same samples in each.
func (f *FleetWindow) Spans() int { return f.N() / max(f.grid.each, 1) }

// Medians are the members' median latencies in seconds: a row for each of the Spans,
// with a column for each of the Members. Samples that failed count with the time they
// took, so a member whose requests time out is slow. The rows are remembered and
// shared, so that the next call computes only new ones: do not change them.
func (f *FleetWindow) Medians() [][]float64 { return f.grid.medians.of(f) }

// medians are the rows of a fleet. All its windows share them while it grows.
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

// median is the median latency of at least one sample, in seconds.
func median(samples []Sample) float64 {
	latencies := make([]time.Duration, len(samples))
	for i := range samples {
		latencies[i] = samples[i].Latency
	}
	slices.Sort(latencies)
	n := len(latencies)
	return (latencies[(n-1)/2].Seconds() + latencies[n/2].Seconds()) / 2
}
