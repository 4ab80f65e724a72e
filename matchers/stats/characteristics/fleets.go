package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers"
)

// width is the width of the windows in which members are compared. Every member has
// one sample in each window, and its latency is the window's statistic.
const width = time.Second

// fleet is a simulated fleet.
type fleet struct {
	slower []float64 // each member's lasting factor
	// lasting is the correlation of noise with that of the previous window, and noise is its
	// spread.
	lasting, noise float64
	failing        float64
}

// alike is a fleet whose members always differ by up to 5 %, each with its own lasting
// noise.
func alike(members int) fleet {
	f := fleet{slower: make([]float64, members), lasting: 0.9, noise: 0.1, failing: 0.01}
	for i := range f.slower {
		f.slower[i] = 1 + 0.05*float64(i)/float64(members-1)
	}
	return f
}

// even is a fleet whose members each have new noise in every window.
func even(members int) fleet {
	f := fleet{slower: make([]float64, members), noise: 0.1, failing: 0.01}
	for i := range f.slower {
		f.slower[i] = 1
	}
	return f
}

func memberName(i int) string { return fmt.Sprintf("replica-%d", i+1) }

// run is a fleet in one simulation.
type fleetRun struct {
	fleet
	series *probe.FleetSeries
	random *rand.Rand
	noises []float64
	n      int
}

func (f fleet) run(random *rand.Rand) *fleetRun {
	names := make([]probe.Member, len(f.slower))
	noises := make([]float64, len(names))
	for i := range names {
		names[i], noises[i] = probe.Member{Name: memberName(i)}, f.noise*random.NormFloat64()
	}
	series, err := probe.NewFleetSeries(noon, probe.Rate(1/width.Seconds()), width, names...)
	must(err)
	return &fleetRun{fleet: f, series: series, random: random, noises: noises}
}

// more adds a window.
func (r *fleetRun) more() *probe.FleetWindow {
	round := make([]probe.Sample, len(r.slower))
	for i := range round {
		fresh := r.noise * math.Sqrt(1-r.lasting*r.lasting) * r.random.NormFloat64()
		r.noises[i] = r.lasting*r.noises[i] + fresh
		round[i] = probe.Sample{
			Probe: "simulated", Time: noon.Add(time.Duration(r.n) * width), Class: probe.OK,
			Latency: time.Duration(float64(typical) * r.slower[i] * math.Exp(r.noises[i])),
		}
		if r.random.Float64() < r.failing {
			round[i].Class = probe.Status5xx
		}
	}
	must(r.series.Add(round...))
	r.n++
	return r.series.Window()
}

// fleets measures how soon an outlier is named, and whether other members are.
func fleets(l *lab) []row {
	const runs = 300
	var rows []row
	for _, c := range []struct{ members, windows int }{{3, 9}, {5, 9}, {10, 11}, {100, 14}} {
		for _, factor := range []float64{2, 0.5} {
			type naming struct {
				windows int
				others  bool
			}
			odd := c.members / 2
			found := each(l, runs, func(_ int, random *rand.Rand) naming {
				f := alike(c.members)
				f.failing, f.lasting = 0, 0 // only a median's own noise remains
				f.slower[odd] = factor
				run := f.run(random)
				outlier := matchers.HaveOutlier(memberName(odd))
				another := func(w *probe.FleetWindow) bool {
					for i := range c.members {
						if ok, err := matchers.HaveOutlier(memberName(i)).Match(w); i != odd && ok && err == nil {
							return true
						}
					}
					return false
				}
				for n := 1; ; n++ {
					w := run.more()
					if ok, err := outlier.Match(w); ok && err == nil || n == 100 {
						return naming{n, another(w)}
					}
				}
			})
			var windows []int
			others := 0
			for _, f := range found {
				windows = append(windows, f.windows)
				if f.others {
					others++
				}
			}
			spent := sorted(windows)
			way := "slower"
			if factor < 1 {
				way = "faster"
			}
			rows = append(rows, row{
				what:  fmt.Sprintf("one of %d members x%.1f %s, alpha 5 %%: windows to named", c.members, math.Max(factor, 1/factor), way),
				claim: fmt.Sprintf("q90 at most %d, no other member named", c.windows), simulated: fmt.Sprintf("median %d, q90 %d, most %d, %d of %d with another member", spent.quantile(0.5), spent.quantile(0.9), spent.quantile(1), others, runs),
				holds: spent.quantile(0.9) <= c.windows && others == 0,
				naive: naiveFleet(c.members),
			})
		}
	}
	return rows
}

func naiveFleet(members int) string {
	if members <= 10 {
		return "3 sigma: never (the largest z of " + fmt.Sprint(members) + " is " + fmt.Sprintf("%.2f", float64(members-1)/math.Sqrt(float64(members))) + ")"
	}
	return "3 sigma: no stated error rate over windows"
}
