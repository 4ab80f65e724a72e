package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// noise is a healthy service whose requests depend on each other. Started, it returns the
// latency of each request in turn, in seconds, and whether it failed. Requests are one
// interval apart.
type noise struct {
	name  string
	start func(*rand.Rand) func(i int) (latency float64, failed bool)
}

// latencies makes a noise that never fails.
func latencies(name string, start func(*rand.Rand) func(seconds float64) float64) noise {
	return noise{name, func(random *rand.Rand) func(int) (float64, bool) {
		at := start(random)
		return func(i int) (float64, bool) { return at(float64(i) * interval.Seconds()), false }
	}}
}

// lognormal is the latency of a request to an even service.
func lognormal(random *rand.Rand, median, spread float64) float64 {
	return median * math.Exp(spread*random.NormFloat64())
}

var ordinary = typical.Seconds()

// independent is a service whose requests are independent.
var independent = latencies("independent", func(random *rand.Rand) func(float64) float64 {
	return func(float64) float64 { return lognormal(random, ordinary, sigma) }
})

// collecting stops for garbage collection every 2 s. A request that comes meanwhile waits.
func collecting(pause float64) noise {
	name := "garbage collection of " + time.Duration(pause*float64(time.Second)).String() + " every 2s"
	return latencies(name, func(random *rand.Rand) func(float64) float64 {
		phase := 2 * random.Float64()
		return func(seconds float64) float64 {
			in := math.Mod(seconds+phase, 2)
			return lognormal(random, ordinary, sigma) + math.Max(0, pause-in)
		}
	})
}

// periodic is twice as slow for half a second of every five.
var periodic = latencies("a periodic job", func(random *rand.Rand) func(float64) float64 {
	phase := 5 * random.Float64()
	return func(seconds float64) float64 {
		latency := lognormal(random, ordinary, sigma)
		if math.Mod(seconds+phase, 5) < 0.5 {
			latency *= 2
		}
		return latency
	}
})

// wander is a standard normal variable that is correlated from step to step.
func wander(random *rand.Rand, correlation float64) func() float64 {
	x := random.NormFloat64()
	return func() float64 {
		now := x
		x = correlation*x + math.Sqrt(1-correlation*correlation)*random.NormFloat64()
		return now
	}
}

// autoregressive has noise that is correlated from request to request.
func autoregressive(correlation float64) noise {
	return latencies("AR("+percent(correlation)+") noise", func(random *rand.Rand) func(float64) float64 {
		next := wander(random, correlation)
		return func(float64) float64 { return ordinary * math.Exp(sigma*next()) }
	})
}

// caching hits its cache in about 70 % of the cases, more or less for some seconds. A miss
// takes ten times as long.
func caching(correlated float64) noise {
	name := "a cache-hit ratio that wanders over " + time.Duration(correlated*float64(time.Second)).String()
	return latencies(name, func(random *rand.Rand) func(float64) float64 {
		next := wander(random, math.Exp(-interval.Seconds()/correlated))
		return func(float64) float64 {
			latency := lognormal(random, 0.005, 0.3)
			if random.Float64() > 1/(1+math.Exp(-1-next())) {
				latency *= 10
			}
			return latency
		}
	})
}

var pareto = latencies("Pareto tails", func(random *rand.Rand) func(float64) float64 {
	return func(float64) float64 { return 0.02 * math.Pow(1-random.Float64(), -1/1.5) }
})

var coarse = latencies("1 ms steps", func(random *rand.Rand) func(float64) float64 {
	return func(float64) float64 { return math.Round(lognormal(random, 3, sigma)) / 1000 }
})

var bimodal = latencies("bimodal", func(random *rand.Rand) func(float64) float64 {
	return func(float64) float64 {
		latency := lognormal(random, 0.002, 0.3)
		if random.IntN(2) == 0 {
			latency *= 20
		}
		return latency
	}
})

// warming is three times as slow at first, and soon less.
var warming = latencies("warm-up", func(random *rand.Rand) func(float64) float64 {
	return func(seconds float64) float64 {
		return lognormal(random, ordinary, sigma) * (1 + 2*math.Exp(-2*seconds))
	}
})

// bursting fails at the rate, so many requests in a row.
func bursting(rate float64, size int) noise {
	return noise{"error bursts of " + number(size), func(random *rand.Rand) func(int) (float64, bool) {
		left := 0
		if random.Float64() < rate {
			left = 1 + random.IntN(size) // it has begun before
		}
		// After a burst the next begins at any request with this probability.
		begins := rate / (float64(size)*(1-rate) + rate)
		return func(int) (float64, bool) {
			if left == 0 && random.Float64() < begins {
				left = size
			}
			failed := left > 0
			if failed {
				left--
			}
			return lognormal(random, ordinary, sigma), failed
		}
	}}
}

// noises are those that do not fail.
func noises() []noise {
	return []noise{
		independent, collecting(0.08), collecting(0.4), periodic, caching(2), autoregressive(0.9), autoregressive(0.99),
		pareto, coarse, bimodal, warming,
	}
}

// noisy is a noise that is being measured.
type noisy struct {
	next   func(int) (float64, bool)
	series *probe.Series
	n      int
}

func (n noise) measure(random *rand.Rand) *noisy {
	return &noisy{next: n.start(random), series: probe.NewSeries("simulated", noon)}
}

// more adds samples.
func (n *noisy) more(samples int) *probe.Window {
	round := make([]probe.Sample, samples)
	for i := range round {
		latency, failed := n.next(n.n)
		round[i] = probe.Sample{
			Probe: "simulated", Time: noon.Add(time.Duration(n.n) * interval),
			Latency: time.Duration(latency * float64(time.Second)), Class: probe.OK,
		}
		if failed {
			round[i].Class = probe.Status5xx
		}
		n.n++
	}
	must(n.series.Add(round...))
	return n.series.Window()
}

// end is the window of all samples.
func (n *noisy) end() *probe.Window {
	n.series.End(noon.Add(time.Duration(n.n) * interval))
	return n.series.Window()
}
