package matchers

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var nan = math.NaN()

// extent is where the values of a metric lie in several runs.
type extent struct {
	metric            record.BaselineMetric
	runs              int
	low, middle, high float64
}

func spread(windows []record.BaselineWindow, metric record.BaselineMetric) extent {
	values := make([]float64, len(windows))
	for i, w := range windows {
		values[i] = w.Value(metric)
	}
	slices.SortFunc(values, cmp.Compare)
	return extent{metric, len(values), values[0], values[len(values)/2], values[len(values)-1]}
}

// String says one run's value, or the middle and the ends of several.
func (e extent) String() string {
	if e.runs == 1 || e.low == e.high {
		return e.say(e.middle)
	}
	return fmt.Sprintf("%s (%s to %s)", e.say(e.middle), e.say(e.low), e.say(e.high))
}

func (e extent) say(v float64) string {
	const longest = float64(math.MaxInt64) / float64(time.Second)
	switch {
	case math.IsNaN(v):
		return "no sample"
	case e.metric == record.ErrorRate:
		return percent3(v)
	case math.IsInf(v, 0):
		return "without an answer"
	case v >= longest:
		return "292 years or more" // which no Duration holds
	}
	return probe.Round(time.Duration(v * float64(time.Second))).String()
}
