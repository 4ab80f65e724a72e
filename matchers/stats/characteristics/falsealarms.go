package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers"
)

// levels are the values of alpha at which every claim is checked.
var levels = []float64{0.05, 0.01}

// polled is how often a healthy service is looked at, and how many samples come between looks.
var polled = []struct{ looks, samples int }{{100, 10}, {1000, 1}}

// judge is one matcher that is polled, at every level of levels.
type judge struct {
	name  string
	naive string
	// matchers makes the matcher at each level, for one simulated run.
	matcher func(alpha float64, run *watched) types.GomegaMatcher
	service service
	// clean gives the control no errors; otherwise it fails as the service does.
	clean bool
	// near marks a test that uses nearly all of alpha. It takes four times as many runs to
	// show that it does not use more.
	near  bool
	wrong func(ok bool, err error) bool
	// fooled reports whether the naive test calls the samples so far a violation.
	fooled func(run *watched, alpha float64) bool
}

// watched is a simulated service that a judge polls.
type watched struct {
	series  *probe.Series
	random  *rand.Rand
	n       int
	control *probe.Window
}

func alarm(ok bool, err error) bool { return !ok && err == nil }

func proof(ok bool, err error) bool { return ok && err == nil }

const (
	limit  = 0.01
	target = 1 - limit
)

func falseAlarms(l *lab) []row {
	judges := []judge{
		{
			name: "KeepErrorRateBelow(1 %), true 1 %", naive: "observed rate above the limit, after 20 samples",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepErrorRateBelow(limit, matchers.Alpha(alpha))
			},
			service: service{failing: limit}, wrong: alarm, fooled: aboveLimit,
		},
		{
			name: "KeepErrorRateBelow(1 %), true 1 %", naive: "exact binomial test at every look",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepErrorRateBelow(limit, matchers.Alpha(alpha))
			},
			service: service{failing: limit}, wrong: alarm, fooled: binomialEachTime,
		},
		{
			name: "KeepAvailabilityAbove(99 %), true 99 %", naive: "exact binomial test at every look",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepAvailabilityAbove(target, matchers.Alpha(alpha))
			},
			service: service{failing: limit}, wrong: alarm, fooled: binomialEachTime,
		},
		{
			name: "KeepLatencyBelow(p90), at its p90", naive: "observed p90 above the limit, after 20 samples",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepLatencyBelow(p90(), matchers.P90, matchers.Alpha(alpha))
			},
			service: service{}, wrong: alarm, fooled: quantileAbove,
		},
		{
			name: "MatchControl(Margin(0), Floor(0)), alike, 2 % errors", naive: "Mann-Whitney at every look",
			matcher: func(alpha float64, run *watched) types.GomegaMatcher {
				return matchers.MatchControl(run.control, matchers.Margin(0), matchers.Floor(0), matchers.Alpha(alpha))
			},
			service: service{failing: 0.02}, wrong: alarm, fooled: mannWhitneyEachTime,
		},
		{
			name: "MatchControl, 25 % slower and as often failing", naive: "Mann-Whitney against 125 % at every look",
			matcher: func(alpha float64, run *watched) types.GomegaMatcher {
				return matchers.MatchControl(run.control, matchers.Alpha(alpha))
			},
			service: service{failing: 0.02, slower: 1.25}, wrong: alarm, fooled: mannWhitneyBeyondMargin,
		},
	}
	rows := pollAll(l, judges, "false alarms")
	rows = append(rows, fleetAlarms(l)...)
	return append(rows, exactAlarms(l)...)
}

func falseProofs(l *lab) []row {
	rows := pollAll(l, []judge{
		{
			name: "KeepErrorRateBelow(1 %, Proved), true 1 %", naive: "observed rate below the limit, after 100 samples",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepErrorRateBelow(limit, matchers.Proved, matchers.Alpha(alpha))
			},
			service: service{failing: limit}, wrong: proof, fooled: belowLimit,
		},
		{
			name: "KeepErrorRateBelow(1 %), true 5 %", naive: "no error in 20 samples",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepErrorRateBelow(limit, matchers.Alpha(alpha))
			},
			service: service{failing: 5 * limit}, near: true, wrong: proof, fooled: noError,
		},
		{
			name: "MatchControl(ErrorsOnly), 5 points more errors", naive: "no error in 20 samples",
			matcher: func(alpha float64, run *watched) types.GomegaMatcher {
				return matchers.MatchControl(run.control, matchers.ErrorsOnly, matchers.Alpha(alpha))
			},
			service: service{failing: 0.05}, clean: true, wrong: proof, fooled: noError,
		},
		{
			name: "MatchControl(LatencyOnly), 75 % slower", naive: "Mann-Whitney shows nothing after 20 samples",
			matcher: func(alpha float64, run *watched) types.GomegaMatcher {
				return matchers.MatchControl(run.control, matchers.LatencyOnly, matchers.Alpha(alpha))
			},
			service: service{slower: 1.75}, wrong: proof, fooled: mannWhitneyShowsNothing,
		},
		{
			name: "KeepAvailabilityAbove(99 %, Proved), true 99 %", naive: "observed rate below the limit, after 100 samples",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepAvailabilityAbove(target, matchers.Proved, matchers.Alpha(alpha))
			},
			service: service{failing: limit}, wrong: proof, fooled: belowLimit,
		},
		{
			name: "KeepLatencyBelow(p90, Proved), at its p90", naive: "observed p90 below the limit, after 20 samples",
			matcher: func(alpha float64, _ *watched) types.GomegaMatcher {
				return matchers.KeepLatencyBelow(p90(), matchers.P90, matchers.Proved, matchers.Alpha(alpha))
			},
			service: service{}, near: true, wrong: proof, fooled: quantileBelow,
		},
	}, "false proofs")
	return append(rows, fleetProofs(l)...)
}

func pollAll(l *lab, judges []judge, what string) []row {
	var rows []row
	for _, j := range judges {
		for _, p := range polled {
			rows = append(rows, j.poll(l, p.looks, p.samples, what)...)
		}
	}
	return rows
}

// poll simulates the runs once and judges each at every level.
func (j judge) poll(l *lab, looks, samples int, what string) []row {
	wrong := make([][]bool, len(levels))
	runs := l.runs
	if j.near {
		runs *= 4
	}
	found := each(l, runs, func(_ int, random *rand.Rand) []bool { return j.wrongly(looks, samples, random) })
	rows := make([]row, len(levels))
	for level, alpha := range levels {
		for _, run := range found {
			wrong[level] = append(wrong[level], run != nil && run[level])
		}
		s := count(wrong[level])
		rows[level] = row{
			what:  fmt.Sprintf("%s, %d looks, alpha %s", j.name, looks, percent(alpha)),
			claim: fmt.Sprintf("%s at most %s", what, percent(alpha)), simulated: s.String(), holds: s.upper <= alpha,
			naive: j.naively(l, looks, samples, alpha),
		}
	}
	return rows
}

func (j judge) watch(total int, random *rand.Rand) *watched {
	usual := service{failing: j.service.failing}
	if j.clean {
		usual.failing = 0
	}
	return &watched{series: probe.NewSeries("simulated", noon), random: random, control: usual.window(total, random)}
}

// wrongly polls one run, and reports for each level whether the matcher was ever wrong.
func (j judge) wrongly(looks, samples int, random *rand.Rand) []bool {
	run := j.watch(looks*samples, random)
	wrong, judges := make([]bool, len(levels)), make([]types.GomegaMatcher, len(levels))
	for level, alpha := range levels {
		judges[level] = j.matcher(alpha, run)
	}
	for range looks {
		run.more(j.service, samples)
		w := run.series.Window()
		for level := range levels {
			if !wrong[level] {
				wrong[level] = j.wrong(judges[level].Match(w))
			}
		}
		if wrong[len(wrong)-1] {
			break // at the strictest level; the other levels are wrong already
		}
	}
	return wrong
}

func (w *watched) more(s service, samples int) {
	must(w.series.Add(s.take(w.n, samples, w.random)...))
	w.n += samples
}
