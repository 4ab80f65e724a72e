package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// noisyLooks is how often a noisy service is polled.
const noisyLooks = 25

// noisyAlpha is the level of the matchers that judge noise.
const noisyAlpha = matchers.DefaultAlpha

// noisyRuns leaves the 99 % bound of a rate of 4 % below 5 %.
const noisyRuns = 3000

func number(n int) string { return strconv.Itoa(n) }

// dependence polls healthy services whose requests depend on each other.
func dependence(l *lab) []row {
	var rows []row
	for _, limit := range []float64{0.01, 0.05} {
		for _, size := range []int{1, 3, 5, 10} {
			for _, samples := range []int{10, 20} {
				rows = append(rows, errorBursts(l, limit, size, samples))
			}
		}
	}
	for _, n := range noises() {
		for _, q := range []matchers.Quantile{matchers.P95, matchers.P99} {
			rows = append(rows, roomyLatency(l, n, q, 20))
		}
	}
	rows = append(rows, controlNoise(l)...)
	rows = append(rows, fleetNoise(l)...)
	rows = append(rows, lateGenerator(l))
	return append(rows, beyondTheory(l), shortLoad(l), burstsCost(l))
}

// wronglyViolated polls a noise, and at last judges the load when it has ended.
func wronglyViolated(n noise, samples int, random *rand.Rand, matcher types.GomegaMatcher) bool {
	run := n.measure(random)
	for range noisyLooks {
		if alarm(matcher.Match(run.more(samples))) {
			return true
		}
	}
	return alarm(matcher.Match(run.end()))
}

// errorBursts polls a service at half of its limit.
func errorBursts(l *lab, limit float64, size, samples int) row {
	n := bursting(limit/2, size)
	s := count(each(l, noisyRuns, func(_ int, random *rand.Rand) bool {
		return wronglyViolated(n, samples, random, matchers.KeepErrorRateBelow(limit, matchers.Alpha(noisyAlpha)))
	}))
	fooled := count(each(l, min(naiveRuns, l.runs), func(_ int, random *rand.Rand) bool {
		run, errors := n.start(random), 0
		for i := range noisyLooks * samples {
			if _, failed := run(i); failed {
				errors++
			}
			if (i+1)%samples == 0 && float64(errors) > limit*float64(i+1) {
				return true
			}
		}
		return false
	}))
	return row{
		what:  fmt.Sprintf("KeepErrorRateBelow(%s), true %s in bursts of %d, %d looks of %d", percent(limit), percent(limit/2), size, noisyLooks, samples),
		claim: "false alarms at most " + percent(noisyAlpha), simulated: s.String(), holds: s.upper <= noisyAlpha,
		naive: percent(fooled.rate()) + ": observed rate above the limit",
	}
}

// quantileOf is a quantile of a noise that has warmed up.
func quantileOf(n noise, q matchers.Quantile) time.Duration {
	const runs, warm, samples = 300, 100, 500
	var all []float64
	for i := range runs {
		run := n.start(rand.New(rand.NewPCG(7, uint64(i))))
		for i := range warm + samples {
			if latency, _ := run(i); i >= warm {
				all = append(all, latency)
			}
		}
	}
	slices.Sort(all)
	return time.Duration(all[int(float64(q)*float64(len(all)))] * float64(time.Second))
}

// roomyLatency polls a service whose limit is 25 % above its quantile.
func roomyLatency(l *lab, n noise, q matchers.Quantile, samples int) row {
	limit := quantileOf(n, q) * 5 / 4
	s := count(each(l, noisyRuns, func(_ int, random *rand.Rand) bool {
		return wronglyViolated(n, samples, random, matchers.KeepLatencyBelow(limit, q, matchers.Alpha(noisyAlpha)))
	}))
	fooled := count(each(l, min(naiveRuns, l.runs), func(_ int, random *rand.Rand) bool {
		run := n.measure(random)
		for range noisyLooks {
			if observed, _ := run.more(samples).Quantile(float64(q)); observed > limit {
				return true
			}
		}
		return false
	}))
	return row{
		what:  fmt.Sprintf("KeepLatencyBelow(%s) with 25 %% room, %s, %d looks of %d", q, n.name, noisyLooks, samples),
		claim: "false alarms at most " + percent(noisyAlpha), simulated: s.String(), holds: s.upper <= noisyAlpha,
		naive: percent(fooled.rate()) + ": observed quantile above the limit",
	}
}

// lateGenerator stalls: it sends 30 of 250 requests 800 ms late to a service that answers
// in 20 ms.
func lateGenerator(l *lab) row {
	const n, late, lag = 250, 30, 800 * time.Millisecond
	type look struct{ violated, called bool }
	looks := each(l, noisyRuns, func(_ int, random *rand.Rand) look {
		usual := service{}.window(n, random)
		samples := make([]probe.Sample, n)
		first := random.IntN(n - late)
		for i := range samples {
			samples[i] = probe.Sample{Probe: "simulated", Time: noon.Add(time.Duration(i) * interval), Latency: 20 * time.Millisecond, Class: probe.OK}
			if i >= first && i < first+late {
				samples[i].Lag = lag
			}
		}
		w := probe.NewWindow("simulated", noon, noon.Add(n*interval), samples)
		var found look
		for _, matcher := range []types.GomegaMatcher{
			matchers.KeepLatencyBelow(100*time.Millisecond, matchers.P99), matchers.KeepLatencyBelow(4*time.Second, matchers.P99),
			matchers.KeepErrorRateBelow(limit), matchers.MatchControl(usual),
		} {
			found.violated = found.violated || alarm(matcher.Match(w))
		}
		_, err := matchers.KeepLatencyBelow(100*time.Millisecond, matchers.P99).Match(w)
		found.called = err != nil && strings.HasPrefix(err.Error(), "this machine is overloaded")
		return found
	})
	violated, called := 0, 0
	for _, look := range looks {
		if look.violated {
			violated++
		}
		if look.called {
			called++
		}
	}
	return row{
		what:      fmt.Sprintf("generator %s late for %d of %d requests, service 20ms", lag, late, n),
		claim:     "never a violation, always called an overloaded machine",
		simulated: fmt.Sprintf("%d violations, %d of %d called so", violated, called, len(looks)),
		holds:     violated == 0 && called == len(looks), naive: "always: p99 with the delay of the generator",
	}
}

// beyondTheory is a median under noise that lasts about as long as the load. The median of
// such a load is often far from the service's, so no test of it can hold alpha and see much.
func beyondTheory(l *lab) row {
	const samples = 20
	n := autoregressive(0.99)
	limit := quantileOf(n, matchers.P50) * 5 / 4
	s := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool {
		return wronglyViolated(n, samples, random, matchers.KeepLatencyBelow(limit, matchers.P50, matchers.Alpha(noisyAlpha)))
	}))
	above := count(each(l, naiveRuns, func(_ int, random *rand.Rand) bool {
		observed, _ := n.measure(random).more(noisyLooks * samples).Quantile(0.5)
		return observed > limit
	}))
	return row{
		what:  fmt.Sprintf("KeepLatencyBelow(p50) with 25 %% room, %s: not promised", n.name),
		claim: fmt.Sprintf("theory: %s of such loads have a median above the limit at their end", percent(above.rate())), simulated: s.String(),
		holds: s.rate() <= 0.25, naive: "",
	}
}

// burstsCost is how many samples more it takes to see a violation, because independent errors
// sometimes look like bursts.
func burstsCost(l *lab) row {
	const rate, most = 5 * limit, 5000
	type until struct{ plain, measured int }
	found := each(l, noisyRuns, func(_ int, random *rand.Rand) until {
		var e stats.Events
		spent := until{most, most}
		for n := 1; n <= most && spent.measured == most; n++ {
			e.Add(random.Float64() < rate)
			rule := stats.Objective{Limit: limit, Alpha: noisyAlpha}
			if spent.plain == most && rule.Violated(e.Count(), n) {
				spent.plain = n
			}
			if rule.Burst = e.Burst(); rule.Violated(e.Count(), n) {
				spent.measured = n
			}
		}
		return spent
	})
	var plain, measured []int
	for _, f := range found {
		plain, measured = append(plain, f.plain), append(measured, f.measured)
	}
	p, m := sorted(plain), sorted(measured)
	return row{
		what:      fmt.Sprintf("limit %s, true %s, independent: requests until violated", percent(limit), percent(rate)),
		claim:     fmt.Sprintf("at most a quarter more than the mean %.0f, q90 %d of a test that takes them for independent", p.mean(), p.quantile(0.9)),
		simulated: fmt.Sprintf("mean %.0f, q90 %d", m.mean(), m.quantile(0.9)),
		holds:     m.mean() <= 1.25*p.mean() && float64(m.quantile(0.9)) <= 1.25*float64(p.quantile(0.9)), naive: "",
	}
}

// shortLoad is how often 120 samples decide about a service at half of its limit.
func shortLoad(l *lab) row {
	const n = 120
	type look struct{ kept, within bool }
	looks := each(l, l.runs, func(_ int, random *rand.Rand) look {
		w := service{failing: limit / 2}.window(n, random)
		ok, err := matchers.KeepErrorRateBelow(limit).Match(w)
		return look{ok && err == nil, float64(w.Errors()) <= limit*n}
	})
	kept, within := 0, 0
	for _, look := range looks {
		if look.kept {
			kept++
		}
		if look.within {
			within++
		}
	}
	best := float64(within) / float64(len(looks))
	return row{
		what:      fmt.Sprintf("KeepErrorRateBelow(%s), true %s, one look at %d requests: kept", percent(limit), percent(limit/2), n),
		claim:     fmt.Sprintf("theory: at most the %s that are observed within the limit; at least 99 %% of these", percent(best)),
		simulated: percent(float64(kept) / float64(len(looks))), holds: float64(kept) >= 0.99*float64(within),
		naive: percent(best) + ": observed within the limit, without ruling anything out",
	}
}
