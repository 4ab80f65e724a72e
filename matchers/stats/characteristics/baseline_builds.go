package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// builds is how the runs of a suite come out, build after build.
type builds struct {
	windows int
	// runs and jobs are the standard deviations of a window's level from run to run, and of
	// all levels from job to job.
	runs, jobs float64
	failing    float64
	// level is the logarithm of how much slower the machine is than usual.
	level float64
}

// spreadOfRuns is how much runs of one build differ on hosted runners.
const spreadOfRuns = 0.03

// usualBuilds is a suite of one window on a steady machine.
func usualBuilds() builds { return builds{windows: 1, runs: spreadOfRuns, failing: 0.001} }

// worse is what is wrong with a build, in its first window.
type worse struct {
	slower  float64 // factor of all latencies
	tail    float64 // factor of the slowest tenth
	failing float64 // share of failing requests, if above 0
}

// requests is how many requests each window has.
const requests = 250

// run simulates one run of the suite.
func (b builds) run(random *rand.Rand, n int, with worse) baseline.Run {
	r := baseline.Run{Started: noon.Add(time.Duration(n) * time.Hour), Windows: make([]baseline.Window, b.windows)}
	job := b.jobs * random.NormFloat64()
	for w := range r.Windows {
		first := w == 0
		level := math.Log(typical.Seconds()) + b.level + job + b.runs*random.NormFloat64()
		failing := b.failing
		if first && with.failing > 0 {
			failing = with.failing
		}
		failed, latencies := 0, make([]float64, 0, requests)
		for range requests {
			if random.Float64() < failing {
				failed++
				continue
			}
			z := random.NormFloat64()
			v := level + sigma*z
			if first && with.slower > 0 {
				v += math.Log(with.slower)
			}
			if first && with.tail > 0 && z > 1.2816 {
				v += math.Log(with.tail)
			}
			latencies = append(latencies, v)
		}
		slices.Sort(latencies)
		quantile := func(q float64) record.Float {
			return record.Float(math.Exp(latencies[int(math.Ceil(q*float64(len(latencies))))-1]))
		}
		r.Windows[w] = baseline.Window{
			Suite: "shop", Spec: "sells", Probe: "GET /", Number: w + 1, Count: requests,
			Errors: map[string]int{"timeout": failed}, P50: quantile(.5), P90: quantile(.9), P99: quantile(.99),
			Throughput: record.Float(float64(requests-failed) / 5),
		}
	}
	return r
}

// history is n accepted runs. The last few of them may be spoilt.
func (b builds) history(random *rand.Rand, n int, spoilt int, with worse) []baseline.Run {
	var all []baseline.Run
	for i := range n {
		run := b.run(random, i, worse{})
		if i >= n-spoilt {
			run = b.run(random, i, with)
		}
		run.Reference = i < baseline.References
		all = append(all, run)
	}
	return all
}

// gatePolicy is that of `chaosgate run`.
func gatePolicy() baseline.Policy {
	return baseline.Policy{Alpha: 0.01, Limits: baseline.DefaultLimits()}
}

func compared(accepted, now []baseline.Run, policy baseline.Policy) baseline.Comparison {
	found, err := baseline.Compare(accepted, now, policy)
	must(err)
	return found
}

// foundWithin is in which of so many builds of the same fault the gate is red, from 1, or 0.
// Each build that passes is appended to the history.
func (b builds) foundWithin(random *rand.Rand, most int, policy baseline.Policy, with worse) int {
	accepted := b.history(random, 20, 0, worse{})
	for n := 1; n <= most; n++ {
		now := b.run(random, 20+n, with)
		if compared(accepted, []baseline.Run{now}, policy).Outcome == record.Violated {
			return n
		}
		accepted = append(accepted, now)
	}
	return 0
}

// foundAt is by which factor a service that becomes slower by a share a build has become
// slower when the gate is red. Each build that passes is appended to the history.
func (b builds) foundAt(random *rand.Rand, share float64) float64 {
	accepted := b.history(random, 20, 0, worse{})
	for slower := 1 + share; ; slower *= 1 + share {
		now := b.run(random, len(accepted), worse{slower: slower})
		if slower > 2 || compared(accepted, []baseline.Run{now}, gatePolicy()).Outcome == record.Violated {
			return slower
		}
		accepted = append(accepted, now)
	}
}
