package stats

import (
	"fmt"
	"math"
)

// RunsPlan says what a number of accepted and of candidate runs can show.
type RunsPlan struct {
	Accepted, Candidates int
	// SmallestP is the smallest possible p-value. Nothing can be shown unless it is at
	// most Alpha.
	SmallestP, Alpha float64
	// Level is the p-value that one metric needs by its ranks alone, whatever the others do:
	// alpha divided by the number of metrics.
	Level float64
	// Power is the probability of showing the shift that was asked for, by ranks alone;
	// 0 if SmallestP is above Level. CompareRuns shows it at least as often.
	Power float64
}

// Reachable reports whether so many runs can show anything.
func (p RunsPlan) Reachable() bool { return p.SmallestP <= p.Alpha*(1+1e-9) }

// ByRanks reports whether the ranks of one metric alone can show anything.
func (p RunsPlan) ByRanks() bool { return p.SmallestP <= p.Level*(1+1e-9) }

// PlanRuns returns what CompareRuns can show with these numbers of runs and metrics, at
// level alpha over all metrics. One metric is truly larger by shift, beyond the margin, in
// standard deviations of its normal spread from run to run. The power is the probability that the metric's ranks show it, by numerical
// integration, to about 0.001. shift must not be negative; the numbers of runs are at
// least 1.
func PlanRuns(accepted, candidates, metrics int, alpha, shift float64) (RunsPlan, error) {
	switch {
	case accepted < 1 || candidates < 1 || metrics < 1:
		return RunsPlan{}, fmt.Errorf("plan %d accepted and %d candidate runs of %d metrics: each must be at least 1", accepted, candidates, metrics)
	case accepted > MostRuns || candidates > MostRuns:
		return RunsPlan{}, fmt.Errorf("plan %d accepted and %d candidate runs: each may be at most %d", accepted, candidates, MostRuns)
	case !(alpha > 0 && alpha < 1):
		return RunsPlan{}, fmt.Errorf("plan runs at level %v: must be between 0 and 1", alpha)
	case !(shift >= 0) || math.IsInf(shift, 0):
		return RunsPlan{}, fmt.Errorf("plan runs for a shift of %v standard deviations: must be at least 0 and finite", shift)
	}
	plan := RunsPlan{Accepted: accepted, Candidates: candidates, SmallestP: SmallestP(accepted, candidates), Alpha: alpha, Level: alpha / float64(metrics)}
	if !plan.ByRanks() {
		return plan, nil
	}
	inversions, err := mostInversions(accepted, candidates, plan.Level)
	if err != nil {
		return RunsPlan{}, err
	}
	plan.Power = fewInversions(accepted, candidates, inversions, math.Min(shift, 30))
	return plan, nil
}

// MostRuns is the largest number of accepted, or of candidate, runs in a plan. It keeps a
// plan to some seconds.
const MostRuns = 50

// RunsToDetect returns the plan with the fewest candidate runs that shows the shift with
// at least the given power, and among these the one with the fewest accepted runs; see
// PlanRuns. It tries up to 50 candidates and up to 600 pairs of an accepted and a candidate
// run. If none of these plans suffices, the error says what the best would reach.
func RunsToDetect(metrics, mostAccepted int, alpha, shift, power float64) (RunsPlan, error) {
	if !(power > 0 && power < 1) {
		return RunsPlan{}, fmt.Errorf("plan runs for power %v: must be between 0 and 1", power)
	}
	best := RunsPlan{}
	for candidates := 1; candidates <= MostRuns; candidates++ {
		most, err := PlanRuns(mostAccepted, candidates, metrics, alpha, shift)
		if err != nil {
			return RunsPlan{}, err
		}
		if most.Power < power && most.Power > power-lastStep {
			if most, err = bestPower(most, metrics, alpha, shift); err != nil {
				return RunsPlan{}, err
			}
		}
		if most.Power > best.Power {
			best = most
		}
		if most.Power < power {
			if mostAccepted*candidates > mostSearched {
				break
			}
			continue
		}
		for accepted := 1; accepted < most.Accepted; accepted++ {
			plan, err := PlanRuns(accepted, candidates, metrics, alpha, shift)
			if err != nil || plan.Power >= power {
				return plan, err
			}
		}
		return most, nil
	}
	return RunsPlan{}, fmt.Errorf("plan runs for a shift of %v standard deviations: %d accepted and %d candidate runs show it with a probability of %.2g only: look for a larger shift, or allow more accepted runs, up to 50",
		shift, best.Accepted, best.Candidates, best.Power)
}

// lastStep is more power than the last steps of bestPower bring.
const lastStep = 0.25

// bestPower is the plan with the most power that has at most as many accepted runs as
// best. More runs usually mean more power, but not always: the reachable levels come in
// steps, and the power falls from one to the next.
func bestPower(best RunsPlan, metrics int, alpha, shift float64) (RunsPlan, error) {
	steps := 0
	for last, a := -1, best.Accepted; a > 0 && steps < 2; a-- {
		inversions, err := mostInversions(a, best.Candidates, best.Level)
		if err != nil {
			return RunsPlan{}, err
		}
		if last >= 0 && inversions < last {
			steps++
			plan, err := PlanRuns(a+1, best.Candidates, metrics, alpha, shift)
			if err != nil {
				return RunsPlan{}, err
			}
			if plan.Power > best.Power {
				best = plan
			}
		}
		last = inversions
	}
	return best, nil
}

// mostSearched bounds the search of a plan to some seconds.
const mostSearched = 600

// mostInversions is how many pairs may have the accepted run above the candidate while the
// one-sided test still rejects at the level.
func mostInversions(accepted, candidates int, level float64) (int, error) {
	ranks := make([]int, accepted+candidates)
	for i := range ranks {
		ranks[i] = i + 1
	}
	share, err := sumsOfChoices(ranks, candidates)
	if err != nil {
		return 0, err
	}
	least, tail := candidates*(candidates+1)/2, 0.0 // the lowest sum is as likely as the highest
	for n := 0; ; n++ {
		if tail += share[least+n]; tail > level*(1+1e-9) || n == accepted*candidates {
			return n - 1, nil
		}
	}
}

// cell is the width of the cells of the integration, in standard deviations.
const cell = 0.04

// fewInversions is the probability of at most this many inversions between accepted
// runs, standard normal, and candidates, normal around shift. It goes through cells of
// values from the left, and tracks how many runs of each side lie further left, and how
// many inversions these settle.
func fewInversions(accepted, candidates, most int, shift float64) float64 {
	size := most + 1
	index := func(a, c, inversions int) int { return (a*(candidates+1)+c)*size + inversions }
	now := make([]float64, (accepted+1)*(candidates+1)*size)
	now[index(0, 0, 0)] = 1
	const reach = 8.5
	for x := -reach; x < shift+reach; x += cell {
		// The probability that a run that is not further left lies in this cell.
		ofA, ofC := binomialMasses(accepted, hazard(x, cell)), binomialMasses(candidates, hazard(x-shift, cell))
		next := make([]float64, len(now))
		for a := 0; a <= accepted; a++ {
			for c := 0; c <= candidates; c++ {
				row := now[index(a, c, 0):index(a, c, size)]
				if sum(row) < 1e-12 {
					continue
				}
				for da, pA := range ofA[accepted-a] {
					for dc, pC := range ofC[candidates-c] {
						if pA*pC < 1e-9 {
							continue
						}
						// Candidates in the cell lie below all accepted runs right of it, and,
						// on average, below half of those in it.
						settled, to := dc*(accepted-a-da), index(a+da, c+dc, 0)
						spread(next[to:to+size], row, settled+da*dc/2, pA*pC/2)
						spread(next[to:to+size], row, settled+(da*dc+1)/2, pA*pC/2)
					}
				}
			}
		}
		now = next
	}
	return math.Min(1, sum(now[index(accepted, candidates, 0):index(accepted, candidates, size)]))
}

// hazard is the probability that a standard normal variable that is at least x is
// below x+width.
func hazard(x, width float64) float64 {
	if math.Erfc(x/math.Sqrt2) == 0 {
		return 1
	}
	return 1 - math.Erfc((x+width)/math.Sqrt2)/math.Erfc(x/math.Sqrt2)
}

// spread adds the weighted row to another, moved to the right.
func spread(to, row []float64, by int, weight float64) {
	for i := by; i < len(to); i++ {
		to[i] += row[i-by] * weight
	}
}

// binomialMasses is, for each number of trials up to n, the probabilities of each number
// of events.
func binomialMasses(n int, rate float64) [][]float64 {
	masses := [][]float64{{1}}
	for range n {
		last := masses[len(masses)-1]
		more := make([]float64, len(last)+1)
		spread(more, append(last, 0), 0, 1-rate)
		spread(more, append(last, 0), 1, rate)
		masses = append(masses, more)
	}
	return masses
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
