package baseline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Policy is what the user chose.
type Policy struct {
	// Alpha bounds the probability of a false alarm over all windows and metrics together.
	Alpha float64
	// Margin is how much worse a metric may become, as a share: 0.1 is 10 %.
	Margin float64
}

// DefaultMargin is the margin if the user chose none.
const DefaultMargin = 0.10

// Comparison is the result of comparing candidate runs with accepted ones.
type Comparison struct {
	// Outcome is Violated if a metric regressed. It is Kept if every window could be
	// compared, and no metric was worse than in every accepted run by more than the
	// margin. Otherwise it is Undecided.
	Outcome record.Outcome
	// Missing says why nothing was compared. It is empty if something was.
	Missing string
	// Accepted and Candidates are how many runs were compared.
	Accepted, Candidates int
	// Foreign is how many accepted runs were left out because they are of another environment.
	Foreign int
	// New are the windows that no accepted run has.
	New []Key
	// Unfit are the windows that cannot be compared.
	Unfit []Unfit
	// Metrics are those that were compared, by window.
	Metrics []Metric
	// TooFew is set if there are too few runs to show a regression.
	TooFew *TooFew
}

// Metric is one metric of one window, compared over runs.
type Metric struct {
	Window Key
	Name   MetricName
	// Accepted and Candidates are its values in the runs.
	Accepted, Candidates []float64
	// P is the probability that any metric stands out as far by chance, if the candidates are
	// no worse than the accepted runs with the margin. Reachable is the smallest possible P.
	P, Reachable float64
	// Regressed says that the metric is shown to be worse.
	Regressed bool
	// Beyond says that the candidates' median is worse than every accepted run by more
	// than the margin, whether that is shown or not.
	Beyond bool
}

// Compare compares the candidates with the accepted runs of the same environment. It takes
// the windows that both have, and all metrics at once (stats.CompareRuns).
func Compare(accepted, candidates []Run, policy Policy) (Comparison, error) {
	c := Comparison{Outcome: record.Undecided, Candidates: len(candidates)}
	if len(candidates) == 0 {
		c.Missing = "no run was completed"
		return c, nil
	}
	here := candidates[0].Environment
	usable, foreign := here.Among(accepted)
	c.Accepted, c.Foreign = len(usable), len(foreign)
	switch {
	case len(accepted) == 0:
		c.Missing = "it holds no run"
		return c, nil
	case len(usable) == 0:
		c.Missing = fmt.Sprintf("it holds runs of another environment only (%s; this one is %s): accept runs of this one", foreign[len(foreign)-1].Environment, here)
		return c, nil
	}
	groups := c.sort(usable, candidates)
	if err := c.compareGroups(groups, policy); err != nil {
		return c, err
	}
	c.decide(len(groups), policy)
	return c, nil
}

// history is one window in all runs that have it.
type history struct {
	key     Key
	was, is []Window
	of      []Run // the accepted runs of was
	runs    string
}

// sort divides the windows into new ones, unfit ones, and groups of windows that the same
// runs have.
func (c *Comparison) sort(accepted, candidates []Run) [][]history {
	windows := map[Key]*history{}
	add := func(runs []Run, to func(*history, Run, Window)) {
		for n, run := range runs {
			for _, w := range run.Windows {
				h := windows[w.Key()]
				if h == nil {
					h = &history{key: w.Key()}
					windows[h.key] = h
				}
				h.runs += fmt.Sprint(n, " ")
				to(h, run, w)
			}
		}
		for _, h := range windows {
			h.runs += "/ "
		}
	}
	add(accepted, func(h *history, run Run, w Window) { h.was, h.of = append(h.was, w), append(h.of, run) })
	add(candidates, func(h *history, _ Run, w Window) { h.is = append(h.is, w) })
	var all []history
	for _, h := range windows {
		all = append(all, *h)
	}
	slices.SortFunc(all, func(a, b history) int { return a.key.Compare(b.key) })
	groups := map[string][]history{}
	for _, h := range all {
		switch unfit := h.unfit(); {
		case len(h.is) == 0:
		case len(h.was) == 0:
			c.New = append(c.New, h.key)
		case unfit != nil:
			c.Unfit = append(c.Unfit, *unfit)
		default:
			groups[h.runs] = append(groups[h.runs], h)
		}
	}
	var sorted [][]history
	for _, group := range groups {
		sorted = append(sorted, group)
	}
	slices.SortFunc(sorted, func(a, b []history) int { return a[0].key.Compare(b[0].key) })
	if len(sorted) == 0 && len(c.Unfit) == 0 {
		c.Missing = "no window of these runs is in it"
	}
	return sorted
}

// floors are differences that matter no more than a metric's usual spread.
var floors = map[MetricName]float64{ErrorRate: 0.01, P50: 0.001, P90: 0.001, P99: 0.001}

// compareGroups compares all metrics of a group at once, and corrects by Holm's method for
// the number of groups.
func (c *Comparison) compareGroups(groups [][]history, policy Policy) error {
	found := make([][]Metric, len(groups))
	for g, group := range groups {
		var err error
		if found[g], err = compareGroup(group, policy.Margin); err != nil {
			return err
		}
	}
	least := func(metrics []Metric) float64 {
		return slices.MinFunc(metrics, func(a, b Metric) int { return cmp.Compare(a.P, b.P) }).P
	}
	slices.SortStableFunc(found, func(a, b []Metric) int { return cmp.Compare(least(a), least(b)) })
	before := 0.0
	for rank, metrics := range found {
		for i := range metrics {
			m := &metrics[i]
			m.P = math.Max(before, math.Min(1, m.P*float64(len(found)-rank)))
			m.Regressed = m.P <= policy.Alpha*rounding
		}
		before = least(metrics)
		c.Metrics = append(c.Metrics, metrics...)
	}
	slices.SortStableFunc(c.Metrics, func(a, b Metric) int { return a.Window.Compare(b.Window) })
	return nil
}

func compareGroup(group []history, margin float64) ([]Metric, error) {
	var metrics []Metric
	var limits []float64
	was, is := make([][]float64, len(group[0].was)), make([][]float64, len(group[0].is))
	for _, h := range group {
		for _, name := range Metrics() {
			m := Metric{Window: h.key, Name: name, Accepted: values(h.was, name), Candidates: values(h.is, name)}
			for i, v := range m.Accepted {
				was[i] = append(was[i], v)
			}
			for i, v := range m.Candidates {
				is[i] = append(is[i], v)
			}
			worst := slices.Max(m.Accepted)
			m.Beyond = stats.Median(m.Candidates) > math.Max(worst*(1+margin), worst+floors[name])*rounding
			metrics, limits = append(metrics, m), append(limits, floors[name])
		}
	}
	result, err := stats.CompareRuns(was, is, margin, limits)
	if err != nil {
		return nil, fmt.Errorf("compare %s: %w", group[0].key, err)
	}
	for i := range metrics {
		metrics[i].P, metrics[i].Reachable = result.Metrics[i], result.SmallestP
	}
	return metrics, nil
}

func values(windows []Window, name MetricName) []float64 {
	all := make([]float64, len(windows))
	for i, w := range windows {
		all[i] = w.Value(name)
	}
	return all
}

// rounding absorbs rounding errors between numbers computed in different ways.
const rounding = 1 + 1e-9

func (c *Comparison) decide(groups int, policy Policy) {
	beyond := false
	for _, m := range c.Metrics {
		switch {
		case m.Regressed:
			c.Outcome = record.Violated
		case m.Beyond:
			beyond = true
		}
		if m.Reachable*float64(groups) > policy.Alpha*rounding {
			if few := newTooFew(m, groups, policy.Alpha); c.TooFew == nil || few.Reachable > c.TooFew.Reachable {
				c.TooFew = few
			}
		}
	}
	if c.Outcome != record.Violated && !beyond && c.TooFew == nil && len(c.Unfit) == 0 && c.Missing == "" {
		c.Outcome = record.Kept
	}
}

// Worse are the metrics that regressed, the most significant first. If none did, it is
// those that are beyond every accepted run.
func (c Comparison) Worse() []Metric {
	var worse []Metric
	for _, m := range c.Metrics {
		if m.Regressed || c.Outcome == record.Undecided && m.Beyond {
			worse = append(worse, m)
		}
	}
	slices.SortStableFunc(worse, func(a, b Metric) int { return cmp.Compare(a.P, b.P) })
	return worse
}

// Now says the values of the candidates.
func (m Metric) Now() Extent { return extentOf(m.Name, m.Candidates) }

// Before says the values of the accepted runs.
func (m Metric) Before() Extent { return extentOf(m.Name, m.Accepted) }

// Shift is how far the candidates' values lie above those of the accepted runs, with
// a 95 % confidence interval. The interval is unbounded if there are too few runs.
func (m Metric) Shift() stats.Shift {
	shift, err := stats.HodgesLehmann(m.Accepted, m.Candidates, 0.05)
	if err != nil {
		return stats.Shift{Estimate: math.NaN(), Low: math.Inf(-1), High: math.Inf(1)}
	}
	return shift
}

// More says the shift, such as "46ms more (41ms to 52ms with 95 % confidence)". It is
// empty if nothing was answered.
func (m Metric) More() string {
	shift := m.Shift()
	if math.IsNaN(shift.Estimate) || math.IsInf(shift.Estimate, 0) {
		return ""
	}
	say := func(v float64) string { return strings.TrimSuffix(m.Name.Say(v), " %") }
	unit := ""
	if m.Name == ErrorRate {
		unit = " percentage points"
	}
	text := say(shift.Estimate) + unit + " more"
	if !math.IsInf(shift.Low, 0) && !math.IsInf(shift.High, 0) {
		text += fmt.Sprintf(" (%s to %s with 95 %% confidence)", say(shift.Low), say(shift.High))
	}
	return text
}
