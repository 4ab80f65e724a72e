package stats

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

const million = 1_000_000

// A look costs the same whatever n is, at the limit and away from it.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{1e3, 1e6, 1e9} {
		for name, events := range map[string]int{"at": n / 100, "above": n / 50, "near": n/100 + n/3000} {
			b.Run(fmt.Sprintf("n=%d/%s", n, name), func(b *testing.B) {
				test := Above(0.01)
				for b.Loop() {
					test.LogE(events, n)
				}
			})
		}
	}
}

func latencies(n int) []float64 {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, n)
	for i := range values {
		values[i] = lognormal(random)
	}
	return values
}

func BenchmarkMillionPairs(b *testing.B) {
	x, y := latencies(million), latencies(million)
	random := rand.New(rand.NewPCG(3, 4))
	random.Shuffle(million, func(i, j int) { y[i], y[j] = y[j], y[i] })
	for b.Loop() {
		var latency Latency
		for i := range x {
			if err := latency.Add(x[i], y[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkMeanOfAMillion(b *testing.B) {
	for b.Loop() {
		var mean Mean
		for i := range million {
			mean.Add(float64(i%3 - 1))
		}
	}
}

func BenchmarkLatencyLook(b *testing.B) {
	var latency Latency
	x, y := latencies(million), latencies(million + 1)[1:]
	for i := range x {
		if err := latency.Add(x[i], y[i]); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("slower", func(b *testing.B) {
		for b.Loop() {
			latency.LogE()
		}
	})
	b.Run("within", func(b *testing.B) {
		for b.Loop() {
			latency.LogEWithin()
		}
	})
}
