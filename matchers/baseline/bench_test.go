package baseline

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// noisyRuns are runs of 30 windows, which have 150 metrics.
func noisyRuns(random *rand.Rand, n int, slower float64) []Run {
	var runs []Run
	for i := range n {
		run := Run{Reference: i < References}
		for w := range 30 {
			p50 := record.Float(.1 * math.Exp(.05*random.NormFloat64()))
			if w == 0 {
				p50 *= record.Float(slower)
			}
			run.Windows = append(run.Windows, Window{
				Suite: "shop", Spec: "sells", Probe: "GET /", Number: w + 1, Count: 250, Errors: map[string]int{"timeout": random.IntN(2)},
				P50: p50, P90: 2 * p50, P99: record.Float(.3 * math.Exp(.1*random.NormFloat64())), Throughput: 50,
			})
		}
		runs = append(runs, run)
	}
	return runs
}

// BenchmarkCompare compares a build of 150 metrics with a history of 1,000 builds.
func BenchmarkCompare(b *testing.B) {
	for name, slower := range map[string]float64{"healthy": 1, "slower": 1.5} {
		random := rand.New(rand.NewPCG(1, 2))
		history, now := noisyRuns(random, 1000, 1), noisyRuns(random, 1, slower)
		policy := Policy{Alpha: .01, Limits: DefaultLimits()}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Compare(history, now, policy); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
