package stats

import (
	"errors"
	"fmt"
	"math"
)

// RunMetric is what several runs measured of one metric: one value a run. A higher value
// is worse, and a difference means the same everywhere on the scale: latencies are given as
// logarithms, and counts of failures as DevianceScores.
type RunMetric struct {
	Baseline, Candidates []float64
	// Floor is the least spread from run to run that is believed, above 0. Few runs, or
	// rounded values, may look steadier than they are.
	Floor float64
	// Kind names a group of metrics, such as the p50 of all windows. The spread of one metric
	// says something about the spread of the others in its group.
	Kind string
}

// RunsResult is the outcome of a comparison of whole runs by several metrics at once.
type RunsResult struct {
	// Metrics has the result of each metric.
	Metrics []RunShift
	// SmallestP is the smallest P that these numbers of runs can give.
	SmallestP float64
}

// RunShift is by how much the candidates are worse in one metric.
type RunShift struct {
	// P is the probability that any metric stands out as far as this one, if the candidates
	// are no worse. So the metrics at or below alpha can all be named: one that is no worse is
	// among them with a probability of at most alpha.
	P float64
	// Shift is how much higher the candidates' mean is than the middle of the baseline.
	Shift float64
	// Low and High are its 90 % confidence interval, by Student's t with the spread from run
	// to run. So more than High is ruled out with 95 % confidence.
	Low, High float64
}

// CompareRuns tests whether candidate runs are worse than baseline runs in any of several
// metrics.
//
// A choice of runs stands out by its worst metric: by how far the mean of the choice lies
// above the middle of the other runs, in units of their spread. (Of several runs none counts
// for more than ten, so that one bad run does not make a choice stand out.) The middle and the spread
// come from the other runs alone, so that what is judged does not move its own measure, and
// without their extremes (Winsorised, one run in fifteen at each end), so that a bad run does
// not move it either. The spreads of metrics of one kind are drawn together as far as they agree
// (Smyth 2004, doi.org/10.2202/1544-6115.1027).
//
// Several candidates are compared with every choice of as many runs: if they are no worse,
// each choice is equally likely to be the candidates, so P is the share of choices that
// stand out as far. This is an exact permutation test, and holds alpha over all metrics
// however they depend on each other (Westfall and Young 1993, Resampling-Based Multiple
// Testing). If there are more than 2,000 choices, a random sample of them is taken, the same
// one each time.
//
// One candidate among n runs could not reach a P below 1/n that way. A run's score is the
// largest of several values, and such maxima approach the Gumbel distribution. So that
// distribution is fitted to the scores of the baseline runs, and P is the probability that
// one more run has a score as high. With [FewestForOne] runs or more, that holds alpha in simulations of
// correlated, skewed and discrete metrics. A metric that is far off in a few of a hundred
// healthy runs raises alarms about as often, until two of the baseline runs have shown it.
func CompareRuns(metrics []RunMetric) (RunsResult, error) {
	if err := checkRuns(metrics); err != nil {
		return RunsResult{}, err
	}
	baseline, candidates := len(metrics[0].Baseline), len(metrics[0].Candidates)
	s := newScores(metrics)
	is := make([]int, candidates)
	for i := range is {
		is[i] = baseline + i
	}
	observed := make([]float64, len(metrics))
	s.score(is, observed)
	result := RunsResult{Metrics: make([]RunShift, len(metrics)), SmallestP: ReachableP(baseline, candidates)}
	for m := range metrics {
		// The scores of a choice come with its spreads.
		shift := s.shift[m]
		se := s.spread[m] * math.Sqrt(1/float64(baseline)+1/float64(candidates))
		reach := studentQuantile95(s.freedom(baseline)) * se
		result.Metrics[m] = RunShift{Shift: shift, Low: shift - reach, High: shift + reach}
	}
	chance := s.permuted(observed, s.mostChoices())
	if candidates == 1 {
		chance = s.predicted()
	}
	for m, z := range observed {
		result.Metrics[m].P = chance(z)
	}
	return result, nil
}

// ReachableP is the smallest P that CompareRuns gives for these numbers of runs.
func ReachableP(baseline, candidates int) float64 {
	if candidates == 1 && baseline >= FewestForOne {
		return 1 / (maximaDrawn + 1.)
	}
	if p := SmallestP(baseline, candidates); p*allChoices >= 1 {
		return p
	}
	return 1. / mostChoices
}

// RunsNeeded is the fewest baseline runs with which as many candidates can reach alpha, or 0
// if a thousand do not.
func RunsNeeded(candidates int, alpha float64) int {
	const mostNeeded = 1000
	for n := 2; n <= mostNeeded; n++ {
		if ReachableP(n, candidates) <= alpha*(1+1e-9) {
			return n
		}
	}
	return 0
}

// checkRuns checks that every run has the same metrics, and values that can be compared.
func checkRuns(metrics []RunMetric) error {
	if len(metrics) == 0 {
		return errors.New("compare runs: there is no metric: give at least one")
	}
	baseline, candidates := len(metrics[0].Baseline), len(metrics[0].Candidates)
	if baseline < 2 || candidates < 1 {
		return fmt.Errorf("compare %d baseline with %d candidate runs: at least 2 and 1 are needed", baseline, candidates)
	}
	for i, m := range metrics {
		if len(m.Baseline) != baseline || len(m.Candidates) != candidates {
			return fmt.Errorf("compare runs: metric %d has %d and %d values and the first has %d and %d: all need the same runs",
				i+1, len(m.Baseline), len(m.Candidates), baseline, candidates)
		}
		if !(m.Floor > 0) || math.IsInf(m.Floor, 0) {
			return fmt.Errorf("compare runs: metric %d has the floor %v: must be above 0 and finite", i+1, m.Floor)
		}
		for _, values := range [][]float64{m.Baseline, m.Candidates} {
			for _, v := range values {
				if math.IsNaN(v) || math.Abs(v) > mostValue {
					return fmt.Errorf("compare runs: metric %d has the value %v: must be a number from -%g to %g", i+1, v, mostValue, mostValue)
				}
			}
		}
	}
	return nil
}

// mostValue keeps squares, and sums of them, finite.
const mostValue = 1e100
