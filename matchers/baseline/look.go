package baseline

import (
	"fmt"
	"math"
	"slices"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// look is one comparison of some runs of the history with others.
type look struct {
	was, is []Window // of one window; the same runs are chosen for all of its group
	builds  int      // see Metric.Builds
	against bool     // see Metric.Against
}

// mostCompared is how many of the newest runs are compared with.
const mostCompared = 100

// spans are over how many builds a change is looked for. A change that one build does not
// show, three or five do, and more for as long as the history reaches.
var spans = []int{3, 5, 10, 20, 40}

// looks returns the comparisons of a window's history: the first is of the candidates
// alone. A look is left out if so many runs could not show anything at level alpha.
func (h history) looks(alpha float64) []look {
	all := []look{{was: newest(h.was, mostCompared), is: h.is}}
	add := func(was []Window, span int, against bool) {
		before := span - len(h.is)
		if before < 1 || before >= len(h.was) || len(was) < span || stats.ReachableP(len(was), span) > alpha {
			return
		}
		all = append(all, look{was: was, is: append(slices.Clone(newest(h.was, before)), h.is...), builds: span, against: against})
	}
	for _, span := range spans {
		if before := span - len(h.is); before >= 1 && before < len(h.was) {
			add(newest(h.was[:len(h.was)-before], mostCompared), span, false)
		}
	}
	const since = 5
	if before := since - len(h.is); before >= 1 && before < len(h.was) {
		var reference []Window
		others := 0
		for i, run := range h.of {
			switch {
			case i < len(h.of)-before && run.Reference:
				reference = append(reference, h.was[i])
			case len(reference) > 0:
				others++
			}
		}
		// Without other runs since, the references are what the candidates are compared with.
		if others > since {
			add(newest(reference, References), since, true)
		}
	}
	return all
}

func newest[T any](all []T, most int) []T { return all[max(0, len(all)-most):] }

// shares are the shares of alpha that looks have. The candidates alone, which show what is
// gross, need less of it than three or five builds, and all longer spans have as much as the
// candidates alone. A look that there is not leaves its share to the others. But the
// candidates alone have at least what they need to show anything, up to all of alpha.
func shares(looks []look, needed float64) []float64 {
	const alone, few, long = 2.0, 3.0, 2.0
	weights, sum, longer := make([]float64, len(looks)), 0.0, 0.0
	for _, l := range looks {
		if l.against || l.builds > 5 {
			longer++
		}
	}
	for n, l := range looks {
		switch {
		case l.builds == 0:
			weights[n] = alone
		case l.against || l.builds > 5:
			weights[n] = long / longer
		default:
			weights[n] = few
		}
		sum += weights[n]
	}
	first := max(weights[0]/sum, min(needed, 1))
	for n := range weights {
		if n > 0 {
			weights[n] *= (1 - first) / (sum - weights[0])
		}
	}
	weights[0] = first
	return weights
}

// compare compares the windows of a group in all looks.
func (g group) compare(policy Policy, groups int) ([]Metric, error) {
	looks := make([][]look, len(g))
	for i, h := range g {
		// A first guess at the share of alpha is enough to leave out what cannot show anything.
		looks[i] = h.looks(policy.Alpha / float64(10*groups))
	}
	needed := stats.ReachableP(len(looks[0][0].was), len(looks[0][0].is)) / policy.Alpha * float64(groups)
	var metrics []Metric
	for n, share := range shares(looks[0], needed) {
		if share == 0 {
			continue
		}
		found, err := g.look(looks, n, policy, share/float64(groups))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			metrics = found
			continue
		}
		for _, m := range found {
			at := slices.IndexFunc(metrics, func(other Metric) bool {
				return m.Name == other.Name && m.Class == other.Class && m.Window == other.Window
			})
			switch {
			case !m.Regressed:
			case at < 0: // a class of errors that only earlier builds had
				metrics = append(metrics, m)
			case !metrics[at].Regressed:
				metrics[at] = m
			}
		}
	}
	return metrics, nil
}

// look compares the windows of a group in one look, at a share of alpha.
func (g group) look(looks [][]look, n int, policy Policy, share float64) ([]Metric, error) {
	var all []series
	var inputs []stats.RunMetric
	for i, h := range g {
		l := looks[i][n]
		for _, s := range seriesOf(h.key, slices.Concat(l.was, l.is)) {
			all = append(all, s)
			inputs = append(inputs, stats.RunMetric{
				Baseline: s.scaled[:len(l.was)], Candidates: s.scaled[len(l.was):], Floor: s.floor, Kind: string(s.name),
			})
		}
	}
	result, err := stats.CompareRuns(inputs)
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", g[0].key, err)
	}
	metrics := make([]Metric, len(all))
	for i, s := range all {
		l := looks[slices.IndexFunc(g, func(h history) bool { return h.key == s.key })][n]
		m := Metric{Window: s.key, Name: s.name, Class: s.class, P: math.Min(1, result.Metrics[i].P/share), Builds: l.builds, Against: l.against}
		s.measure(&m, l, result.Metrics[i])
		m.Beyond = policy.Limits[m.Name].exceeded(m, l)
		m.Regressed = m.Beyond && m.P <= policy.Alpha*rounding
		metrics[i] = m
	}
	return metrics, nil
}

// rounding absorbs rounding errors between numbers computed in different ways.
const rounding = 1 + 1e-9

// measure sets by how much the metric is worse.
func (s series) measure(m *Metric, l look, shift stats.RunShift) {
	if s.name == ErrorRate {
		s.measureErrors(m, l)
		return
	}
	mean := 0.0
	for _, v := range s.scaled[len(l.was):] {
		mean += v / float64(len(l.is))
	}
	m.Now, m.Before = math.Exp(mean), math.Exp(mean-shift.Shift)
	m.Rise, m.Low, m.High = math.Expm1(shift.Shift), math.Expm1(shift.Low), math.Expm1(shift.High)
	if s.name == Throughput {
		m.Now, m.Before = 1/m.Now, 1/m.Before
		m.Rise, m.Low, m.High = -math.Expm1(-shift.Shift), -math.Expm1(-shift.Low), -math.Expm1(-shift.High)
	}
}

// measureErrors sets by how much the error rate is higher. Its interval is that of the
// candidates' rate (Clopper and Pearson 1934): the rate of all accepted runs is known well.
func (s series) measureErrors(m *Metric, l look) {
	failed, samples := 0, 0
	for i, w := range l.is {
		failed += int(math.Round(s.values[len(l.was)+i] * float64(w.Count)))
		samples += w.Count
	}
	m.Before, m.Now = usual(s.values[:len(l.was)]), float64(failed)/float64(samples)
	high, errHigh := stats.FailuresBound(failed, samples, 0.05)
	passed, errLow := stats.FailuresBound(samples-failed, samples, 0.05)
	if errHigh != nil || errLow != nil { // the numbers are valid
		high, passed = 1, 1
	}
	m.Rise, m.Low, m.High = m.Now-m.Before, 1-passed-m.Before, high-m.Before
}

// usual is the mean without the highest of fifteen, so that one bad run does not count.
func usual(rates []float64) float64 {
	sorted := slices.Sorted(slices.Values(rates))
	sorted = sorted[:len(sorted)-len(sorted)/15]
	sum := 0.0
	for _, v := range sorted {
		sum += v
	}
	return sum / float64(len(sorted))
}

// exceeded reports whether a metric is worse by more than both the margin and the floor.
func (l Limit) exceeded(m Metric, of look) bool {
	if m.Name != ErrorRate {
		worse := math.Abs(m.Now-m.Before) > l.Floor*rounding || m.Name == Throughput
		return worse && m.Rise > l.Margin*rounding
	}
	samples := 0
	for _, w := range of.is {
		samples += w.Count
	}
	return m.Rise > l.Margin*rounding && m.Rise*float64(samples)/float64(len(of.is)) > l.Floor*rounding
}
