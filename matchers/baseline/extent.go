package baseline

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Extent is where the values of a metric lie in several runs.
type Extent struct {
	Metric            MetricName
	Runs              int
	Low, Middle, High float64
}

func extentOf(metric MetricName, values []float64) Extent {
	return Extent{metric, len(values), slices.Min(values), stats.Median(values), slices.Max(values)}
}

// String is one run's value, or the middle and the ends of several.
func (e Extent) String() string {
	if e.Runs == 1 || e.Low == e.High {
		return e.Metric.Say(e.Middle)
	}
	return fmt.Sprintf("%s (%s to %s)", e.Metric.Say(e.Middle), e.Metric.Say(e.Low), e.Metric.Say(e.High))
}

// Say says a value of the metric: a share, or a latency.
func (m MetricName) Say(v float64) string {
	const longest = float64(math.MaxInt64) / float64(time.Second)
	switch {
	case math.IsNaN(v):
		return "no sample"
	case m == ErrorRate:
		return units.Percent(v)
	case math.IsInf(v, 0):
		return "without an answer"
	case v >= longest:
		return "292 years or more" // a Duration cannot hold more
	}
	return units.Round(time.Duration(v * float64(time.Second))).String()
}
