package baseline

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Policy is what the user chose.
type Policy struct {
	// Alpha bounds the probability of a false alarm in one comparison, over all windows and
	// metrics and all looks at the history together.
	Alpha  float64
	Limits Limits
	// LeftOut reports whether a window of the accepted runs need not come. If it is nil, all
	// have to.
	LeftOut func(Key) bool
	// MostPairs is how many pairs ComparePairs gets at most: 0 if it gets all of them.
	MostPairs int
}

// Comparison is the result of comparing candidate runs with accepted ones.
type Comparison struct {
	// Outcome is Violated if a metric regressed. It is Kept if windows were compared, none
	// regressed, and nothing stood in the way of comparing the others. Otherwise it is Undecided.
	Outcome record.Outcome
	// Missing says why nothing can be compared, whatever is accepted next. It is empty if
	// something can.
	Missing string
	// Accepted and Candidates are how many runs were compared.
	Accepted, Candidates int
	// Foreign is how many accepted runs were left out because they are of another environment,
	// and Others what else differs, such as "kernel 6.1, here 6.18".
	Foreign int
	Others  []string
	// Slower is by which factor the candidates' machine calculates slower than those of the
	// accepted runs usually do; 1 where that is not known. Above 1.25 a metric that is worse
	// shows nothing about the build.
	Slower float64
	// Young are the windows that too few accepted runs have. New ones have none.
	Young []Young
	// Vanished are the windows that the last accepted runs have, and the candidates do not.
	Vanished []Key
	// New are the windows that the candidates of pairs have, and the references do not.
	New []Key
	// Unfit are the windows that cannot be compared.
	Unfit []Unfit
	// Pairs is how many pairs were compared: 0 in a comparison with accepted runs. MorePairs
	// is how many more there may be.
	Pairs, MorePairs int
	// Metrics are those that were compared, by window.
	Metrics []Metric
}

// Young is a window that too few accepted runs have, of those that are needed. Need is 0 if no
// number of accepted runs would do.
type Young struct {
	Window     Key
	Have, Need int
	// Pairs says that pairs are counted, and not accepted runs.
	Pairs bool
}

// Compare compares the candidates with the accepted runs of the same environment: alone,
// together with the last accepted runs against those before, and with the references. It
// takes all windows and metrics at once (stats.CompareRuns).
func Compare(accepted, candidates []Run, policy Policy) (Comparison, error) {
	c := Comparison{Outcome: record.Undecided, Candidates: len(candidates), Slower: 1}
	if len(candidates) == 0 {
		c.Missing = "no run was completed"
		return c, nil
	}
	here := candidates[0].Environment
	usable, foreign := here.Among(accepted)
	c.Accepted, c.Foreign, c.Others = len(usable), len(foreign), here.differences(usable)
	c.Slower = slower(usable, candidates)
	switch {
	case len(accepted) == 0:
		c.Missing = "it holds no run"
		return c, nil
	case len(usable) == 0:
		c.Missing = fmt.Sprintf("it holds runs of another environment only (%s; this one is %s): accept runs of this one", foreign[len(foreign)-1].Environment, here)
		return c, nil
	}
	groups := c.sort(usable, candidates, policy)
	for _, group := range groups {
		// A group has a share of alpha, which it takes more runs to reach.
		first := group[0]
		if need := stats.RunsNeeded(len(first.is), policy.Alpha/float64(len(groups))); need == 0 || len(first.was) < need {
			for _, h := range group {
				c.Young = append(c.Young, Young{Window: h.key, Have: len(h.was), Need: need})
			}
			continue
		}
		metrics, err := group.compare(policy, len(groups))
		if err != nil {
			return c, err
		}
		c.Metrics = append(c.Metrics, metrics...)
	}
	slices.SortStableFunc(c.Metrics, func(a, b Metric) int { return a.Window.Compare(b.Window) })
	c.decide()
	return c, nil
}

func (c *Comparison) decide() {
	switch {
	case len(c.Worse()) > 0 && !c.SlowMachine():
		c.Outcome = record.Violated
	case len(c.Worse()) > 0:
	case len(c.Metrics) > 0 && len(c.Unfit) == 0 && len(c.Vanished) == 0:
		c.Outcome = record.Kept
	}
}

// SlowMachine reports whether the candidates' machine was too slow to show anything.
func (c Comparison) SlowMachine() bool { return c.Slower > mostSlower }

// Worse are the metrics that regressed, the most significant first. Where a class of errors
// has, or a quantile below, the window's other metrics often have as well.
func (c Comparison) Worse() []Metric {
	worse := slices.DeleteFunc(slices.Clone(c.Metrics), func(m Metric) bool { return !m.Regressed })
	slices.SortStableFunc(worse, func(a, b Metric) int { return cmp.Compare(a.P, b.P) })
	return worse
}

// RulesOut says how much worse a metric of any window can be at most, with 95 % confidence
// each: "p50 +14 %, p99 +38 %, error rate +1.6 points".
func (c Comparison) RulesOut() string {
	most := map[MetricName]float64{}
	for _, m := range c.Metrics {
		if high, ok := most[m.Name]; m.Class == "" && (!ok || m.High > high) {
			most[m.Name] = m.High
		}
	}
	var words []string
	for _, name := range MetricNames() {
		if high, ok := most[name]; ok {
			words = append(words, fmt.Sprintf("%s %s", name, name.Change(math.Max(high, 0))))
		}
	}
	return strings.Join(words, ", ")
}

// history is one window in all runs that have it.
type history struct {
	key     Key
	was, is []Window
	of      []Run  // the accepted runs of was
	runs    []byte // tells whether others have the same runs
}

// group are windows that the same runs have.
type group []history

// sort divides the windows into young, vanished and unfit ones, and groups of windows that
// the same runs have.
func (c *Comparison) sort(accepted, candidates []Run, policy Policy) []group {
	windows := map[Key]*history{}
	add := func(runs []Run, to func(*history, Run, Window)) {
		for n, run := range runs {
			for _, w := range run.Windows {
				h := windows[w.Key()]
				if h == nil {
					h = &history{key: w.Key()}
					windows[h.key] = h
				}
				h.runs = binary.AppendUvarint(h.runs, uint64(n)+1)
				to(h, run, w)
			}
		}
		for _, h := range windows {
			h.runs = append(h.runs, 0)
		}
	}
	add(accepted, func(h *history, run Run, w Window) { h.was, h.of = append(h.was, w), append(h.of, run) })
	add(candidates, func(h *history, _ Run, w Window) { h.is = append(h.is, w) })
	groups := map[string]group{}
	for _, key := range slices.SortedFunc(maps.Keys(windows), Key.Compare) {
		h := windows[key]
		switch unfit, need := h.unfit(acceptedRuns), stats.RunsNeeded(len(h.is), policy.Alpha); {
		case len(h.is) == 0:
			if h.usual(accepted) && (policy.LeftOut == nil || !policy.LeftOut(key)) {
				c.Vanished = append(c.Vanished, key)
			}
		case need == 0 || len(h.was) < need:
			c.Young = append(c.Young, Young{Window: key, Have: len(h.was), Need: need})
		case unfit != nil:
			c.Unfit = append(c.Unfit, *unfit)
		default:
			groups[string(h.runs)] = append(groups[string(h.runs)], *h)
		}
	}
	return slices.SortedFunc(maps.Values(groups), func(a, b group) int { return a[0].key.Compare(b[0].key) })
}

// usual reports whether most of the last accepted runs have the window.
func (h *history) usual(accepted []Run) bool {
	const looked = 3
	last, have := accepted[max(0, len(accepted)-looked):], 0
	for _, run := range last {
		if slices.ContainsFunc(run.Windows, func(w Window) bool { return w.Key() == h.key }) {
			have++
		}
	}
	return 2*have > len(last)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// String says how many runs a young window has and needs.
func (y Young) String() string {
	unit := "accepted run"
	if y.Pairs {
		unit = "pair"
	}
	if y.Need == 0 {
		return fmt.Sprintf("%s has %s, and no number of them would do: measure more runs, or choose a larger alpha", y.Window, units.Plural(y.Have, unit))
	}
	return fmt.Sprintf("%s has %d of %s", y.Window, y.Have, units.Plural(y.Need, unit))
}
