package main

import (
	"fmt"
	"math/rand/v2"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// baselines simulates builds, and what the gate says of them at its defaults.
func baselines(l *lab) []row {
	var rows []row
	for _, windows := range []int{1, 5, 40} {
		for _, jobs := range []float64{0, 0.1, 0.2} {
			rows = append(rows, healthyBuilds(l, windows, jobs, 20))
		}
	}
	rows = append(rows, healthyBuilds(l, 5, 0, 60))
	rows = append(rows, regressions(l)...)
	rows = append(rows, smallRegressions(l)...)
	return append(rows, drifts(l)...)
}

// some is a number of runs that suits what one costs. The bound of the rate takes it into
// account.
func (l *lab) some(windows int) int { return max(l.runs/windows, l.runs/10) }

func healthyBuilds(l *lab, windows int, jobs float64, history int) row {
	b := usualBuilds()
	b.windows, b.jobs = windows, jobs
	type answer struct{ red, undecided, fixed bool }
	answers := each(l, l.some(windows), func(_ int, random *rand.Rand) answer {
		accepted := b.history(random, history, 0, worse{})
		now := b.run(random, history, worse{})
		found := compared(accepted, []baseline.Run{now}, gatePolicy())
		return answer{found.Outcome == record.Violated, found.Outcome == record.Undecided, fixedGate(accepted, now, 0.02)}
	})
	red, undecided, fixed := make([]bool, len(answers)), make([]bool, len(answers)), make([]bool, len(answers))
	for i, a := range answers {
		red[i], undecided[i], fixed[i] = a.red, a.undecided, a.fixed
	}
	alarms, open := count(red), count(undecided)
	return row{
		what:  fmt.Sprintf("a build as the %d before, %d windows, jobs differ by %s", history, windows, percent(jobs)),
		claim: "red in at most 1 %, inconclusive in at most 2 %", simulated: fmt.Sprintf("%s, %s", alarms, open),
		holds: alarms.rate() <= 0.01 && binomialTail(alarms.times, alarms.of, 0.01) > 0.01 && open.upper <= 0.02,
		naive: percent(count(fixed).rate()) + ": p50 or p99 worse than the mean by 2 %",
	}
}

// fixedGate calls a run worse when any p50 or p99 is worse, by a share, than the mean of
// the accepted runs.
func fixedGate(accepted []baseline.Run, now baseline.Run, most float64) bool {
	for w, window := range now.Windows {
		p50, p99 := 0.0, 0.0
		for _, run := range accepted {
			p50 += float64(run.Windows[w].P50) / float64(len(accepted))
			p99 += float64(run.Windows[w].P99) / float64(len(accepted))
		}
		if float64(window.P50) > p50*(1+most) || float64(window.P99) > p99*(1+most) {
			return true
		}
	}
	return false
}

// regressions simulates builds that are much worse.
func regressions(l *lab) []row {
	found := func(b builds, accepted, now, spoilt int, policy baseline.Policy, poison, with worse) share {
		return count(each(l, l.some(b.windows)/5, func(_ int, random *rand.Rand) bool {
			before := b.history(random, accepted, spoilt, poison)
			var runs []baseline.Run
			for n := range now {
				runs = append(runs, b.run(random, accepted+n, with))
			}
			return compared(before, runs, policy).Outcome == record.Violated
		}))
	}
	var rows []row
	atLeast := func(what string, s share, least float64, claim string) {
		rows = append(rows, row{what: what, claim: claim, simulated: percent(s.rate()), holds: s.rate() >= least})
	}
	for _, windows := range []int{1, 40} {
		b := usualBuilds()
		b.windows = windows
		suite := fmt.Sprintf("1 build after 20, 250 requests, %d windows, one of them ", windows)
		atLeast(suite+"1.5 times slower", found(b, 20, 1, 0, gatePolicy(), worse{}, worse{slower: 1.5}), .95, "found in at least 95 %")
		atLeast(suite+"fails in 5 %, usually in 0.1 %", found(b, 20, 1, 0, gatePolicy(), worse{}, worse{failing: 0.05}), .95, "found in at least 95 %")
	}
	// The p99 of 250 lognormal requests has a standard deviation of 12 %. A single test of it
	// alone, at 1 % and without any margin, finds a factor of 1.5 in 80 %.
	atLeast("1 build after 20, 250 requests, the slowest tenth 1.5 times slower", found(usualBuilds(), 20, 1, 0, gatePolicy(), worse{}, worse{tail: 1.5}), .45,
		"found in at least 45 % (a test of the p99 alone: 80 %)")
	matcher := baseline.Policy{Alpha: 0.05, Limits: baseline.DefaultLimits()}
	for _, n := range []int{3, 10} {
		runs := fmt.Sprintf("%d runs after %d, at alpha 5 %%, ", n, n)
		atLeast(runs+"failing in 20 %", found(usualBuilds(), n, n, 0, matcher, worse{}, worse{failing: 0.2}), .99, "found in at least 99 %")
		atLeast(runs+"2 times slower", found(usualBuilds(), n, n, 0, matcher, worse{}, worse{slower: 2}), .99, "found in at least 99 %")
		atLeast(runs+"10 times slower", found(usualBuilds(), n, n, 0, matcher, worse{}, worse{slower: 10}), .99, "found in at least 99 %")
	}
	clean := found(usualBuilds(), 20, 1, 0, gatePolicy(), worse{}, worse{slower: 1.5})
	for what, poison := range map[string]worse{"3 times slower": {slower: 3}, "with one error more": {failing: 1. / requests}} {
		s := found(usualBuilds(), 20, 1, 1, gatePolicy(), poison, worse{slower: 1.5})
		atLeast("1 build after 20, one of them "+what+"; this one 1.5 times slower", s, clean.rate()-.1,
			"found in at most 10 points less than "+percent(clean.rate()))
	}
	return rows
}

// smallRegressions simulates faults that last for some builds.
func smallRegressions(l *lab) []row {
	tight := gatePolicy()
	tight.Limits = tight.Limits.WithMargin(0.05)
	var rows []row
	for _, c := range []struct {
		slower float64
		most   int
		policy baseline.Policy
		least  float64
		words  string
		best   string
	}{
		{1.2, 3, gatePolicy(), 0.9, "1.2 times slower from now on", ""},
		// A single test of the p50 of five runs together, at 1 % and with a known spread of 5 %,
		// finds it in 93 %.
		{1.1, 5, tight, 0.65, "1.1 times slower from now on, margin 5 %", " (a test of the p50 alone: 93 %)"},
	} {
		found := each(l, l.runs/20, func(_ int, random *rand.Rand) bool {
			return usualBuilds().foundWithin(random, c.most, c.policy, worse{slower: c.slower}) > 0
		})
		s := count(found)
		rows = append(rows, row{
			what: c.words, claim: fmt.Sprintf("found within %d builds in at least %s%s", c.most, percent(c.least), c.best),
			simulated: percent(s.rate()), holds: s.rate() >= c.least,
		})
	}
	return rows
}

// drifts simulates services that become slower in small steps.
func drifts(l *lab) []row {
	var rows []row
	for _, step := range []float64{0.005, 0.01, 0.02} {
		s := count(each(l, l.runs/50, func(_ int, random *rand.Rand) bool { return usualBuilds().foundAt(random, step) < 1.3 }))
		rows = append(rows, row{
			what: fmt.Sprintf("slower by %s a build, each pass appended", percent(step)), claim: "found before a factor of 1.3 in at least 95 %",
			simulated: percent(s.rate()), holds: s.rate() >= 0.95,
		})
	}
	return rows
}
