package probe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Member is one service of a fleet.
type Member struct {
	Name string
	// Window is the member's samples.
	Window *Window
	// Image is the ID of the image of the member's container, or empty if unknown.
	Image string
}

// FleetSeries has a Series for each member of a fleet, all with the same number of
// samples. Many goroutines may use it at once.
type FleetSeries struct {
	name    string
	spec    string
	number  int
	faults  []string
	start   time.Time
	rate    Rate
	grid    grid
	members []Member
	notes   *notes

	mu     sync.Mutex
	series []*Series
	rounds int
	latest *FleetWindow
}

// NewFleetSeries makes an empty series for two or more members, for samples at a rate
// from start on. Width is the width of the windows in which members are compared; 0
// means DefaultWidth. The members have names, may have images, and have no windows yet.
func NewFleetSeries(start time.Time, rate Rate, width time.Duration, members ...Member) (*FleetSeries, error) {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
		if m.Window != nil {
			return nil, fmt.Errorf("make fleet series: member %s has a window already: use NewFleetWindow", m.Name)
		}
	}
	err := checkNames(names)
	if err == nil && (!(rate > 0) || rate > highestRate) {
		err = fmt.Errorf("rate %s: must be above 0 and at most %s", rate, highestRate)
	}
	if err != nil {
		return nil, fmt.Errorf("make fleet series: %w", err)
	}
	f, err := newFleetSeries(fleetName(names, nil), start, rate, width, slices.Clone(members), names)
	if err != nil {
		return nil, fmt.Errorf("make fleet series: %w", err)
	}
	return f, nil
}

func newFleetSeries(name string, start time.Time, rate Rate, width time.Duration, members []Member, probes []string) (*FleetSeries, error) {
	g, err := newGrid(rate, width)
	if err != nil {
		return nil, err
	}
	f := &FleetSeries{name: name, start: start, rate: rate, grid: g, members: members, notes: &notes{}}
	for i := range members {
		f.series = append(f.series, NewSeries(probes[i], start))
	}
	return f, nil
}

// Add appends a round: one sample for each member, in the order of the members. The
// samples of each member come in the order of their intended starts.
func (f *FleetSeries) Add(round ...Sample) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.notes == nil {
		return errors.New("add a round: the fleet series is a zero value: make it with probe.NewFleetSeries")
	}
	if len(round) != len(f.series) {
		return fmt.Errorf("add a round to %s: %s for %d members: give one for each member", f.name, units.Plural(len(round), "sample"), len(f.series))
	}
	for i := range round {
		// Only this method adds to the members' series, so the check stays valid.
		f.series[i].mu.Lock()
		err := f.series[i].check(round[i : i+1])
		f.series[i].mu.Unlock()
		if err != nil {
			return fmt.Errorf("add a round to %s: member %s: %w", f.name, f.members[i].Name, err)
		}
	}
	f.add(round, f.start.Add(time.Duration(float64(f.rounds+1)/float64(f.rate)*float64(time.Second))))
	return nil
}

// add appends a round that was checked. The caller holds the lock.
func (f *FleetSeries) add(round []Sample, completeTo time.Time) {
	for i := range round {
		f.series[i].mu.Lock()
		f.series[i].add(round[i:i+1], completeTo)
		f.series[i].mu.Unlock()
	}
	f.rounds++
	f.latest = nil
}

// End says that no more samples will come. The end is when the span of the intended
// starts ended, so it is not before any sample's Time. Only the first call counts.
func (f *FleetSeries) End(end time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.series {
		s.End(end)
	}
	f.latest = nil
}

// Window returns the window so far. It is the same window until something is added.
func (f *FleetSeries) Window() *FleetWindow {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.latest == nil {
		members := make([]Member, len(f.members))
		for i, m := range f.members {
			members[i] = Member{Name: m.Name, Window: f.series[i].Window(), Image: m.Image}
		}
		f.latest = &FleetWindow{name: f.name, spec: f.spec, number: f.number, faults: f.faults, grid: f.grid, members: members, notes: f.notes}
	}
	return f.latest
}

// leastWidth and leastSamples are the default size of a fleet's windows.
const (
	leastWidth   = 250 * time.Millisecond
	leastSamples = 10
)

// DefaultWidth is the default width of a fleet's windows: the time of ten samples of
// each member, or a quarter of a second if that is longer.
func DefaultWidth(rate Rate) time.Duration {
	return max(time.Duration(leastSamples/float64(rate)*float64(time.Second)), leastWidth)
}

// grid divides a fleet's samples into windows. All members have the same samples in each.
type grid struct {
	each    int // samples of each member in a window
	width   time.Duration
	medians *medians
}

func newGrid(rate Rate, width time.Duration) (grid, error) {
	if err := checkWidth(width); err != nil {
		return grid{}, err
	}
	if width == 0 {
		width = DefaultWidth(rate)
	}
	each := math.Round(float64(rate) * width.Seconds())
	switch {
	case each < 1:
		return grid{}, fmt.Errorf("windows of %s at %s hold no sample of a member: make them wider or the rate higher", width, rate)
	case each > mostSamples:
		return grid{}, errors.New("no window would ever be complete: make them narrower")
	}
	return grid{int(each), time.Duration(each / float64(rate) * float64(time.Second)), &medians{}}, nil
}

func checkWidth(width time.Duration) error {
	if width < 0 {
		return fmt.Errorf("windows of %s: the width must be above 0, or 0 for the default", width)
	}
	return nil
}
