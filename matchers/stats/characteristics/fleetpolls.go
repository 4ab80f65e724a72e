package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/matchers"
)

// fleetJudge is one matcher that polls a fleet, at every level of levels.
type fleetJudge struct {
	name    string
	fleet   fleet
	what    string // "false alarms"
	wrong   func(ok bool, err error) bool
	matcher func(alpha float64) types.GomegaMatcher
	naive   string
	fooled  func(window []float64) bool
}

func noOutliers(alpha float64) types.GomegaMatcher {
	return matchers.HaveNoOutliers(matchers.Alpha(alpha))
}

// fleetAlarms polls healthy fleets.
func fleetAlarms(l *lab) []row {
	const slowest = 4 // the slowest of the members that always differ
	return pollFleets(l, []fleetJudge{
		{"HaveNoOutliers, 5 members", even(5), "false alarms", alarm, noOutliers, "MAD rule at 3.5 in any window", madRule},
		{"HaveNoOutliers, 5 members, AR(0.9) noise, lasting 5 % differences", alike(5), "false alarms", alarm, noOutliers, "MAD rule at 3.5 in any window", madRule},
		{
			"HaveOutlier(the slowest healthy one), 5 members, the same", alike(5), "false alarms", proof,
			func(alpha float64) types.GomegaMatcher {
				return matchers.HaveOutlier(memberName(slowest), matchers.Alpha(alpha))
			},
			"the slowest in any window", func(window []float64) bool { return window[slowest] == slices.Max(window) },
		},
	})
}

// fleetProofs polls a fleet with one member beyond the margin in half of the windows, just
// too often to be cleared.
func fleetProofs(l *lab) []row {
	const odd = 2
	f := even(5)
	f.slower[odd] = 1.29
	return pollFleets(l, []fleetJudge{{
		"HaveOutlier(Slower) of 5 members, 29 % slower", f, "false clearings", alarm,
		func(alpha float64) types.GomegaMatcher {
			return matchers.HaveOutlier(memberName(odd), matchers.Slower, matchers.Alpha(alpha))
		},
		"within 25 % of the middle in any window", func(window []float64) bool { return window[odd] <= 1.25*middleOf(window) },
	}})
}

func pollFleets(l *lab, judges []fleetJudge) []row {
	var rows []row
	for _, j := range judges {
		for _, p := range polled {
			rows = append(rows, j.poll(l, p.looks)...)
		}
	}
	return rows
}

func (j fleetJudge) poll(l *lab, looks int) []row {
	found := each(l, l.runs, func(_ int, random *rand.Rand) []bool { return j.wrongly(looks, random) })
	fooled := count(each(l, min(naiveRuns, l.runs), func(_ int, random *rand.Rand) bool {
		run := j.fleet.run(random)
		for range looks {
			if rows := run.more().Medians(); j.fooled(rows[len(rows)-1]) {
				return true
			}
		}
		return false
	}))
	rows := make([]row, len(levels))
	for level, alpha := range levels {
		wrong := make([]bool, len(found))
		for i, run := range found {
			wrong[i] = run != nil && run[level]
		}
		s := count(wrong)
		rows[level] = row{
			what:  fmt.Sprintf("%s, %d looks, alpha %s", j.name, looks, percent(alpha)),
			claim: fmt.Sprintf("%s at most %s", j.what, percent(alpha)), simulated: s.String(), holds: s.upper <= alpha,
			naive: percent(fooled.rate()) + ": " + j.naive,
		}
	}
	return rows
}

// wrongly polls one fleet, and reports for each level whether the matcher was ever wrong.
func (j fleetJudge) wrongly(looks int, random *rand.Rand) []bool {
	run, wrong := j.fleet.run(random), make([]bool, len(levels))
	judges := make([]types.GomegaMatcher, len(levels))
	for level, alpha := range levels {
		judges[level] = j.matcher(alpha)
	}
	for range looks {
		w := run.more()
		for level := range levels {
			wrong[level] = wrong[level] || j.wrong(judges[level].Match(w))
		}
	}
	return wrong
}

// madRule is the usual rule: 0.6745 |x - median| / MAD above 3.5.
func madRule(window []float64) bool {
	middle := middleOf(window)
	distances := make([]float64, len(window))
	for i, v := range window {
		distances[i] = math.Abs(v - middle)
	}
	mad := middleOf(distances)
	return 0.6745*slices.Max(distances) > 3.5*mad
}

func middleOf(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
