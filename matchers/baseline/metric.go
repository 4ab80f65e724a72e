package baseline

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// MetricName names a metric by which runs are compared.
type MetricName string

// The metrics of a window. A higher value is worse, except of throughput.
const (
	ErrorRate  MetricName = "error rate"
	P50        MetricName = "p50"
	P90        MetricName = "p90"
	P99        MetricName = "p99"
	Throughput MetricName = "throughput"
)

// MetricNames are all metrics, in the order of reports.
func MetricNames() []MetricName { return []MetricName{ErrorRate, P50, P90, P99, Throughput} }

// Limit is how much worse a metric may be than it usually is.
type Limit struct {
	// Margin is a share of the usual value, such as 0.1 for 10 %. That of the error rate is
	// in points: 0.005 allows 1.5 % where 1 % is usual.
	Margin float64 `json:"margin"`
	// Floor is a difference that never counts, however small the usual value is: seconds of
	// latency, or a number of requests of the error rate.
	Floor float64 `json:"floor"`
}

// Limits are the limits of all metrics.
type Limits map[MetricName]Limit

// DefaultLimits are the limits where a person chose none: p50 10 % and 2 ms, p90 15 % and
// 3 ms, p99 25 % and 5 ms, error rate 0.5 points and 2 requests, throughput 5 %.
func DefaultLimits() Limits {
	return Limits{
		ErrorRate: {0.005, 2}, P50: {0.10, 0.002}, P90: {0.15, 0.003}, P99: {0.25, 0.005}, Throughput: {0.05, 0},
	}
}

// WithMargin sets the margin of all latencies and of throughput.
func (l Limits) WithMargin(margin float64) Limits {
	return l.with(func(name MetricName, limit Limit) Limit {
		if name == ErrorRate {
			return limit
		}
		return Limit{margin, limit.Floor}
	})
}

// WithFloor sets the floor of all latencies, in seconds.
func (l Limits) WithFloor(floor float64) Limits {
	return l.with(func(name MetricName, limit Limit) Limit {
		if name == ErrorRate || name == Throughput {
			return limit
		}
		return Limit{limit.Margin, floor}
	})
}

func (l Limits) with(change func(MetricName, Limit) Limit) Limits {
	changed := Limits{}
	for _, name := range MetricNames() {
		changed[name] = change(name, l[name])
	}
	return changed
}

// Validate refuses margins and floors that are out of range.
func (l Limits) Validate() error {
	for _, name := range MetricNames() {
		limit, most := l[name], 10.0
		if name == ErrorRate || name == Throughput {
			most = 1
		}
		if !(limit.Margin >= 0 && limit.Margin <= most) {
			return fmt.Errorf("the margin of %s is %g: it must lie between 0 and %g, such as 0.1 or 10%%", name, limit.Margin, most)
		}
		if !(limit.Floor >= 0) || math.IsInf(limit.Floor, 0) {
			return fmt.Errorf("the floor of %s is %g: it must be 0 or more", name, limit.Floor)
		}
	}
	return nil
}

// Metric is one metric of one window, compared over runs.
type Metric struct {
	Window Key
	Name   MetricName
	// Class is the class of errors that the metric counts; empty for all.
	Class string
	// Before is the usual value of the accepted runs, and Now that of the candidates: a share,
	// seconds, or answers a second.
	Before, Now float64
	// Rise is by how much it is worse, as a share of Before, and of the error rate as a
	// difference. Low and High are its 90 % confidence interval, so High is how much is not
	// ruled out with 95 % confidence.
	Rise, Low, High float64
	// P is the probability that any metric stands out as far by chance, if the candidates are
	// no worse: compare it with alpha.
	P float64
	// Builds is over how many runs it is worse, with the last accepted ones. It is 0 where the
	// candidates alone were compared.
	Builds int
	// Against says that those were compared with the references.
	Against bool
	// Pairs is in how many pairs it was compared with a reference: 0 in a comparison with
	// accepted runs.
	Pairs int
	// Beyond says that the metric is beyond its limit, whether that is shown or not.
	Beyond bool
	// Regressed says that the metric is beyond its limit, and is shown to be worse.
	Regressed bool
}

// Title is the name of the metric, with the class of errors.
func (m Metric) Title() string {
	if m.Class != "" {
		return fmt.Sprintf("%s (%s)", m.Name, m.Class)
	}
	return string(m.Name)
}

// Say says a value of the metric: a share, a latency, or a rate.
func (n MetricName) Say(v float64) string {
	const longest = float64(math.MaxInt64) / float64(time.Second)
	switch {
	case math.IsNaN(v):
		return "none"
	case n == ErrorRate:
		return units.Percent(v)
	case n == Throughput:
		return fmt.Sprintf("%.3g/s", v)
	case v >= longest:
		return "292 years or more" // a Duration cannot hold more
	}
	return units.Round(time.Duration(v * float64(time.Second))).String()
}

// Change says a rise, such as "+14 %", or "+1.6 points" of the error rate.
func (n MetricName) Change(rise float64) string {
	unit := " %"
	if n == ErrorRate {
		unit = " points"
	}
	if n == Throughput {
		rise = -rise
	}
	number := 100 * rise
	if math.Abs(number) < 0.05 {
		number = 0 // without the sign of a negative zero
	}
	switch {
	case math.Abs(number) >= 1000:
		return fmt.Sprintf("%+.0f times", 1+rise)
	case math.Abs(number) >= 10:
		return fmt.Sprintf("%+.0f%s", number, unit)
	}
	return strings.TrimSuffix(fmt.Sprintf("%+.1f", number), ".0") + unit
}

// By says by how much the metric is worse, with its interval.
func (m Metric) By() string {
	text := m.Name.Change(m.Rise)
	if low, high := m.Name.Change(m.Low), m.Name.Change(m.High); low != high {
		text += fmt.Sprintf(" (%s to %s)", low, high)
	}
	return text
}

// String says the metric in one line: "p99 of GET /: 300ms, usually 100ms, +200 % (+180 % to
// +220 %)".
func (m Metric) String() string {
	usually := "usually"
	if m.Pairs > 0 {
		usually = "in the reference"
	}
	text := fmt.Sprintf("%s of %s: %s, %s %s, %s", m.Title(), m.Window.Probe, m.Name.Say(m.Now), usually, m.Name.Say(m.Before), m.By())
	switch {
	case m.Pairs > 0:
		text += fmt.Sprintf(" in %d pairs", m.Pairs)
	case m.Against:
		text += fmt.Sprintf(" over the last %d builds, against the references", m.Builds)
	case m.Builds > 0:
		text += fmt.Sprintf(" over the last %d builds", m.Builds)
	}
	return text
}

// series are the values of one metric in the runs of a comparison.
type series struct {
	key    Key
	name   MetricName
	class  string
	values []float64 // as a person reads them
	scaled []float64 // as stats.CompareRuns wants them
	floor  float64
}

// leastSpread is the least spread from run to run of latencies and throughput that is
// believed, as a share: few runs may look steadier than they are.
const leastSpread = 0.02

// seriesOf are the metrics of a window in several runs.
func seriesOf(key Key, windows []Window) []series {
	all := errorSeries(key, windows)
	for _, m := range []struct {
		name   MetricName
		fewest int // samples, below which the quantile is the maximum
		value  func(Window) float64
	}{
		{P50, 1, func(w Window) float64 { return float64(w.P50) }},
		{P90, 20, func(w Window) float64 { return float64(w.P90) }},
		{P99, 100, func(w Window) float64 { return float64(w.P99) }},
		{Throughput, 1, func(w Window) float64 { return float64(w.Throughput) }},
	} {
		s := series{key: key, name: m.name, floor: leastSpread}
		for _, w := range windows {
			v := m.value(w)
			if w.Count < m.fewest || math.IsNaN(v) {
				s.values = nil // where nothing was answered, the error rate tells
				break
			}
			sign := 1.0
			if m.name == Throughput {
				sign = -1
			}
			s.values, s.scaled = append(s.values, v), append(s.scaled, sign*math.Log(math.Max(v, 1e-6)))
		}
		if s.values != nil {
			all = append(all, s)
		}
	}
	return all
}

// errorSeries are the error rate, and that of each class where there are several.
func errorSeries(key Key, windows []Window) []series {
	classes := map[string]bool{}
	for _, w := range windows {
		for class := range w.Errors {
			classes[class] = true
		}
	}
	names := []string{""}
	if len(classes) > 1 {
		names = append(names, sortedKeys(classes)...)
	}
	samples := make([]int, len(windows))
	for i, w := range windows {
		samples[i] = w.Count
	}
	var all []series
	for _, class := range names {
		s := series{key: key, name: ErrorRate, class: class, floor: 1}
		failed := make([]int, len(windows))
		for i, w := range windows {
			if failed[i] = w.Failed(); class != "" {
				failed[i] = w.Errors[class]
			}
			s.values = append(s.values, float64(failed[i])/float64(w.Count))
		}
		s.scaled = stats.DevianceScores(failed, samples)
		all = append(all, s)
	}
	return all
}
