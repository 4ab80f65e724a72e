package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// interval is the time between the samples of a simulated load.
const interval = 20 * time.Millisecond

// sigma is the spread of the simulated lognormal latencies.
const sigma = 0.5

// typical is the median latency of a simulated service.
const typical = 40 * time.Millisecond

// service answers with lognormal latencies and fails at a constant rate.
type service struct {
	slower  float64 // factor of the latency
	failing float64
}

func (s service) sample(i int, random *rand.Rand) probe.Sample {
	latency := float64(typical) * math.Exp(sigma*random.NormFloat64())
	if s.slower > 0 {
		latency *= s.slower
	}
	sample := probe.Sample{
		Probe: "simulated", Time: noon.Add(time.Duration(i) * interval),
		Latency: time.Duration(latency), Class: probe.OK,
	}
	if random.Float64() < s.failing {
		sample.Class, sample.Detail = probe.Status5xx, "500"
	}
	return sample
}

// take returns n samples of the service, from number first on.
func (s service) take(first, n int, random *rand.Rand) []probe.Sample {
	samples := make([]probe.Sample, n)
	for i := range samples {
		samples[i] = s.sample(first+i, random)
	}
	return samples
}

// window is an ended load of n samples.
func (s service) window(n int, random *rand.Rand) *probe.Window {
	series := probe.NewSeries("simulated", noon)
	must(series.Add(s.take(0, n, random)...))
	series.End(noon.Add(time.Duration(n) * interval))
	return series.Window()
}

// p90 is the latency that 90 % of a healthy service's samples do not exceed.
func p90() time.Duration {
	return time.Duration(float64(typical) * math.Exp(sigma*math.Sqrt2*math.Erfinv(2*0.9-1)))
}

// must is for errors that only a mistake in this command can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
