package baseline

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// ComparePairs compares candidate runs with reference runs of the same job. A pair is a run
// of the reference and the run of the candidate beside it. It needs no history: see
// stats.ComparePairs.
//
// It looks once or twice, at the numbers of pairs that stats.PairLooks names for
// Policy.MostPairs, and at the last pair that there is. The first look that decides is the
// result: a metric regressed, or every metric is shown to be within its limit. After the
// last of MostPairs it is Kept, too, if no metric regressed. With fewer pairs it is
// otherwise Undecided, and MorePairs is how many are missing.
//
// A window is compared in the pairs in which both sides have it. One that only the reference
// has is Vanished, and one that only the candidate has is New.
func ComparePairs(pairs [][2]Run, policy Policy) (Comparison, error) {
	most := max(policy.MostPairs, len(pairs))
	all := Comparison{Outcome: record.Undecided, Accepted: len(pairs), Candidates: len(pairs), Pairs: len(pairs), Slower: 1}
	looks := stats.PairLooks(most, policy.Alpha)
	switch {
	case len(looks) == 0:
		all.Missing = fmt.Sprintf("%d pairs show nothing at this alpha", most)
		if need := stats.PairsNeeded(policy.Alpha); need > 0 {
			all.Missing += fmt.Sprintf(", whatever they measure: at least %d are needed", need)
		}
		return all, nil
	case len(pairs) < looks[0]:
		all.Missing, all.MorePairs = fmt.Sprintf("there are %d of at least %d pairs", len(pairs), looks[0]), looks[0]-len(pairs)
		return all, nil
	}
	for _, look := range looks {
		look = min(look, len(pairs))
		c, err := comparePairs(pairs[:look], policy, len(looks), look == most)
		if err != nil || c.Outcome != record.Undecided || look == len(pairs) {
			c.MorePairs = most - len(pairs)
			return c, err
		}
	}
	return all, nil // the last look is at the last pair
}

// comparePairs is one of several looks.
func comparePairs(pairs [][2]Run, policy Policy, looks int, last bool) (Comparison, error) {
	c := Comparison{Outcome: record.Undecided, Accepted: len(pairs), Candidates: len(pairs), Pairs: len(pairs), Slower: 1}
	groups := c.sortPairs(pairs, policy)
	within := true
	for _, group := range groups {
		share := 1 / float64(looks*len(groups))
		if n := len(group[0].is); stats.ReachablePairP(n) > policy.Alpha*share*rounding {
			for _, h := range group {
				c.Young = append(c.Young, Young{Window: h.key, Have: n, Need: stats.PairsNeeded(policy.Alpha * share), Pairs: true})
			}
			continue
		}
		metrics, err := group.comparePairs(policy, share)
		if err != nil {
			return c, err
		}
		for _, m := range metrics {
			within = within && !policy.Limits[m.Name].exceeded(m.atMost(), look{is: group.of(m.Window).is})
		}
		c.Metrics = append(c.Metrics, metrics...)
	}
	slices.SortStableFunc(c.Metrics, func(a, b Metric) int { return a.Window.Compare(b.Window) })
	c.decide()
	if c.Outcome == record.Kept && !last && !(within && len(c.Young) == 0) {
		c.Outcome = record.Undecided
	}
	return c, nil
}

// atMost is the metric if it were as much worse as is not ruled out.
func (m Metric) atMost() Metric {
	factor := 1 + m.High
	if m.Name == Throughput {
		factor = 1 - m.High
	}
	if m.Name != ErrorRate {
		m.Now = m.Before * factor
	}
	m.Rise = m.High
	return m
}

// of is the window of a group.
func (g group) of(key Key) history {
	return g[slices.IndexFunc(g, func(h history) bool { return h.key == key })]
}

// sortPairs divides the windows as sort does. The windows of a group are in the same pairs.
func (c *Comparison) sortPairs(pairs [][2]Run, policy Policy) []group {
	type window struct{ reference, candidate map[int]Window }
	windows := map[Key]window{}
	for n, pair := range pairs {
		for side, run := range pair {
			for _, w := range run.Windows {
				if _, ok := windows[w.Key()]; !ok {
					windows[w.Key()] = window{map[int]Window{}, map[int]Window{}}
				}
				if side == 0 {
					windows[w.Key()].reference[n] = w
				} else {
					windows[w.Key()].candidate[n] = w
				}
			}
		}
	}
	groups := map[string]group{}
	for _, key := range slices.SortedFunc(maps.Keys(windows), Key.Compare) {
		w, h := windows[key], history{key: key}
		for n, pair := range pairs {
			was, before := w.reference[n]
			is, now := w.candidate[n]
			if before && now {
				h.was, h.is, h.of = append(h.was, was), append(h.is, is), append(h.of, pair[0])
				h.runs = binary.AppendUvarint(h.runs, uint64(n))
			}
		}
		switch unfit := h.unfit(referenceRuns); {
		case len(w.candidate) == 0:
			if policy.LeftOut == nil || !policy.LeftOut(key) {
				c.Vanished = append(c.Vanished, key)
			}
		case len(w.reference) == 0:
			c.New = append(c.New, key)
		case len(h.is) < stats.FewestPairs:
			c.Young = append(c.Young, Young{Window: key, Have: len(h.is), Need: stats.PairsNeeded(policy.Alpha), Pairs: true})
		case unfit != nil:
			c.Unfit = append(c.Unfit, *unfit)
		default:
			groups[string(h.runs)] = append(groups[string(h.runs)], h)
		}
	}
	return slices.SortedFunc(maps.Values(groups), func(a, b group) int { return a[0].key.Compare(b[0].key) })
}

// comparePairs compares the windows of a group, at a share of alpha.
func (g group) comparePairs(policy Policy, share float64) ([]Metric, error) {
	var all []series
	var inputs []stats.PairMetric
	for _, h := range g {
		for _, s := range seriesOf(h.key, slices.Concat(h.was, h.is)) {
			differences := make([]float64, len(h.is))
			for i := range differences {
				differences[i] = s.scaled[len(h.was)+i] - s.scaled[i]
			}
			all, inputs = append(all, s), append(inputs, stats.PairMetric{Differences: differences, Floor: s.floor})
		}
	}
	result, err := stats.ComparePairs(inputs)
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", g[0].key, err)
	}
	metrics := make([]Metric, len(all))
	for i, s := range all {
		h := g.of(s.key)
		l := look{was: h.was, is: h.is}
		m := Metric{Window: s.key, Name: s.name, Class: s.class, P: math.Min(1, result.Metrics[i].P/share), Pairs: len(h.is)}
		if s.name == ErrorRate {
			s.measureErrorsOfPairs(&m, l)
		} else {
			s.measure(&m, l, result.Metrics[i])
		}
		m.Beyond = policy.Limits[m.Name].exceeded(m, l)
		m.Regressed = m.Beyond && m.P <= policy.Alpha*rounding
		metrics[i] = m
	}
	return metrics, nil
}

// measureErrorsOfPairs sets by how much the error rate is higher. Its interval is that of
// the difference of two rates (Newcombe 1998, method 10, with the bounds of Clopper and
// Pearson), or that of the differences of the pairs where those vary more, as errors in
// bursts do.
func (s series) measureErrorsOfPairs(m *Metric, l look) {
	var low, high [2]float64
	rates := [2]*float64{&m.Before, &m.Now}
	for side, windows := range [2][]Window{l.was, l.is} {
		failed, samples := 0, 0
		for i, w := range windows {
			failed += int(math.Round(s.values[side*len(l.was)+i] * float64(w.Count)))
			samples += w.Count
		}
		*rates[side] = float64(failed) / float64(samples)
		most, errHigh := stats.FailuresBound(failed, samples, 0.05)
		passed, errLow := stats.FailuresBound(samples-failed, samples, 0.05)
		if errHigh != nil || errLow != nil { // the numbers are valid
			most, passed = 1, 1
		}
		low[side], high[side] = 1-passed, most
	}
	m.Rise = m.Now - m.Before
	differences := make([]float64, len(l.is))
	for i := range differences {
		differences[i] = s.values[len(l.was)+i] - s.values[i]
	}
	by, err := stats.ComparePairs([]stats.PairMetric{{Differences: differences, Floor: 1}})
	if err != nil { // the numbers are valid
		by.Metrics = []stats.RunShift{{Low: -1, High: 1}}
	}
	m.Low = min(m.Rise-math.Hypot(m.Now-low[1], high[0]-m.Before), m.Rise+by.Metrics[0].Low-by.Metrics[0].Shift)
	m.High = max(m.Rise+math.Hypot(high[1]-m.Now, m.Before-low[0]), m.Rise+by.Metrics[0].High-by.Metrics[0].Shift)
}
