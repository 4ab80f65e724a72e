package matchers

import "fmt"

// FleetOption changes how a fleet is judged: Alpha, Margin, Floor, Except or ByRank,
// and for HaveOutlier also an OutlierKind.
type FleetOption interface{ applyFleet(*fleetTest) }

func (a AlphaOption) applyFleet(t *fleetTest) { t.alpha = a }

func (m MarginOption) applyFleet(t *fleetTest) { t.margin = m }

func (f FloorOption) applyFleet(t *fleetTest) { t.floor = f }

type fleetOption func(*fleetTest)

func (o fleetOption) applyFleet(t *fleetTest) { o(t) }

// ByRank finds a slower member by how often it is the slowest of all, and not by how
// often it is slower than its peers by a margin. It needs about half as many windows
// and no margin, but it judges no faster members. It holds its level only where
// windows are exchangeable. A healthy member on a busier processor is the slowest
// more often than chance allows, and ByRank nearly always calls it an outlier.
func ByRank() FleetOption { return fleetOption(func(t *fleetTest) { t.byRank = true }) }

// OutlierKind is how a member differs from its peers.
type OutlierKind string

// The kinds of outliers. Without one HaveOutlier takes any.
const (
	// Slower means that its median latency in a window is above its peers'.
	Slower OutlierKind = "slower"
	// Faster means that it is below: a member that fails early often is.
	Faster OutlierKind = "faster"
	// Failing means that it fails more often than its peers.
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
