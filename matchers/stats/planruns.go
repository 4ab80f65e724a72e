package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
)

// RunsPlan says what a number of accepted and of candidate runs can show.
type RunsPlan struct {
	Accepted, Candidates int
	// SmallestP is the smallest P that these numbers of runs can give. Nothing can be shown
	// unless it is at most Alpha.
	SmallestP, Alpha float64
	// Power is the probability of showing the shift that was asked for.
	Power float64
}

// Reachable reports whether so many runs can show anything.
func (p RunsPlan) Reachable() bool { return p.SmallestP <= p.Alpha*(1+1e-9) }

// MostRuns is the largest number of accepted or candidate runs in a plan, and MostMetrics
// the largest number of metrics. They keep a plan to some seconds.
const (
	MostRuns    = 50
	MostMetrics = 1000
)

// PlanRuns returns what CompareRuns can show with these numbers of runs and metrics, at
// level alpha over all metrics. One metric is truly larger by shift, in standard deviations
// of its spread from run to run, and all metrics are normal and independent. The power is
// that of simulated comparisons, always the same ones, and right to about 0.02.
func PlanRuns(accepted, candidates, metrics int, alpha, shift float64) (RunsPlan, error) {
	switch {
	case accepted < 2 || candidates < 1 || metrics < 1:
		return RunsPlan{}, fmt.Errorf("plan %d accepted and %d candidate runs of %d metrics: must be at least 2, 1 and 1", accepted, candidates, metrics)
	case accepted > MostRuns || candidates > MostRuns || metrics > MostMetrics:
		return RunsPlan{}, fmt.Errorf("plan %d accepted and %d candidate runs of %d metrics: may be at most %d, %d and %d", accepted, candidates, metrics, MostRuns, MostRuns, MostMetrics)
	case !(alpha > 0 && alpha < 1):
		return RunsPlan{}, fmt.Errorf("plan runs at level %v: must be between 0 and 1", alpha)
	case !(shift >= 0) || math.IsInf(shift, 0):
		return RunsPlan{}, fmt.Errorf("plan runs for a shift of %v standard deviations: must be at least 0 and finite", shift)
	}
	plan := RunsPlan{Accepted: accepted, Candidates: candidates, SmallestP: ReachableP(accepted, candidates), Alpha: alpha}
	if plan.Reachable() {
		plan.Power = simulatedPower(plan, metrics, min(shift, 1e6))
	}
	return plan, nil
}

// simulatedPower is how often the first metric, which is larger by shift, is shown to be.
func simulatedPower(plan RunsPlan, metrics int, shift float64) float64 {
	const work = 40_000_000 // about a second
	each := (plan.Accepted + plan.Candidates) * metrics * (plan.Accepted + 1)
	if plan.Candidates > 1 {
		each = (plan.Accepted + plan.Candidates) * metrics * int(math.Ceil(10/plan.Alpha))
	}
	trials, found := min(max(work/each, 100), 2000), 0
	random := rand.New(rand.NewPCG(26, 28))
	all := make([]RunMetric, metrics)
	for range trials {
		for m := range all {
			values := make([]float64, plan.Accepted+plan.Candidates)
			for i := range values {
				values[i] = random.NormFloat64()
				if m == 0 && i >= plan.Accepted {
					values[i] += shift
				}
			}
			all[m] = RunMetric{Baseline: values[:plan.Accepted], Candidates: values[plan.Accepted:], Floor: 1e-6}
		}
		if newScores(all).shows(plan.Alpha) {
			found++
		}
	}
	return float64(found) / float64(trials)
}

// shows reports whether the first metric is shown to be worse at level alpha.
func (s *scores) shows(alpha float64) bool {
	into := make([]float64, len(s.metrics))
	is := make([]int, s.candidates)
	for i := range is {
		is[i] = s.baseline + i
	}
	s.score(is, into)
	first := into[0]
	if s.candidates == 1 {
		return s.predicted()(first) <= alpha
	}
	return s.permuted([]float64{first}, int(math.Ceil(10/alpha)))(first) <= alpha*(1+1e-9)
}

// mostPlanned is up to how many candidate runs RunsToDetect plans.
const mostPlanned = 10

// RunsToDetect returns the plan with the fewest candidate runs that shows the shift with
// at least the given power, and with these the fewest accepted runs, at most mostAccepted;
// see PlanRuns. It tries up to ten candidates. If none of these plans suffices, the error
// says what the best would reach.
func RunsToDetect(metrics, mostAccepted int, alpha, shift, power float64) (RunsPlan, error) {
	if !(power > 0 && power < 1) {
		return RunsPlan{}, fmt.Errorf("plan runs for power %v: must be between 0 and 1", power)
	}
	best := RunsPlan{}
	for candidates := 1; candidates <= mostPlanned; candidates++ {
		most, err := PlanRuns(mostAccepted, candidates, metrics, alpha, shift)
		if err != nil {
			return RunsPlan{}, err
		}
		if most.Power > best.Power {
			best = most
		}
		if most.Power < power {
			continue
		}
		plans := map[int]RunsPlan{mostAccepted: most}
		fewest := 2 + sort.Search(mostAccepted-2, func(n int) bool {
			plan, planErr := PlanRuns(n+2, candidates, metrics, alpha, shift)
			plans[n+2] = plan
			return planErr == nil && plan.Power >= power
		})
		return plans[fewest], nil
	}
	return RunsPlan{}, fmt.Errorf("plan runs for a shift of %v standard deviations: %d accepted and %d candidate runs show it with a probability of %.2g only: look for a larger shift, or allow more accepted runs, up to %d",
		shift, best.Accepted, best.Candidates, best.Power, MostRuns)
}
