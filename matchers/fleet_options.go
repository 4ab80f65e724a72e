package matchers

import "fmt"

// FleetOption changes how a fleet is judged: Alpha, Margin, Floor, Except
// and ByRank are some, and so is a OutlierKind for HaveOutlier.
type FleetOption interface{ applyFleet(*fleetTest) }

func (a AlphaOption) applyFleet(t *fleetTest) { t.alpha = a }

func (m MarginOption) applyFleet(t *fleetTest) { t.margin = m }

func (f FloorOption) applyFleet(t *fleetTest) { t.floor = f }

type fleetOption func(*fleetTest)

func (o fleetOption) applyFleet(t *fleetTest) { o(t) }

// ByRank finds a slower member by how often it is the slowest of all, in place of
// how often it is slower than its peers by a margin. It needs about half as many
// windows and no margin. But it holds its level only where windows are
// exchangeable: where a healthy member is not the slowest for longer than chance
// would have it, as one on a busier processor is. Then it calls healthy members
// outliers, nearly always. It judges no faster members.
func ByRank() FleetOption { return fleetOption(func(t *fleetTest) { t.byRank = true }) }

// OutlierKind is a way in which a member differs from its peers.
type OutlierKind string

// The kinds of outliers. Without one HaveOutlier takes any.
const (
	// Slower than its peers: its median latency in a window.
	Slower OutlierKind = "slower"
	// Faster than its peers, as what fails before it has done its work.
	Faster OutlierKind = "faster"
	// Failing more often than its peers.
	Failing OutlierKind = "failing"
)

func (w OutlierKind) validate() error {
	switch w {
	case Slower, Faster, Failing:
		return nil
	}
	return fmt.Errorf("there is no kind of outlier called %q: use Slower, Faster or Failing", string(w))
}

func (w OutlierKind) applyFleet(t *fleetTest) { t.kinds = append(t.kinds, w) }
