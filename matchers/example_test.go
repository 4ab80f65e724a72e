package matchers_test

import (
	"fmt"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// expectation asserts as in a spec, and prints how that ends.
func expectation(actual any, matcher types.GomegaMatcher) {
	failed := failure(func(g gomega.Gomega) { g.Expect(actual).To(matcher) })
	if failed == "" {
		failed = "pass"
	}
	fmt.Println(failed)
}

// replicas is a load of three replicas; change changes the samples of the third.
func replicas(change func(*probe.Sample)) *probe.FleetWindow {
	series, err := probe.NewFleetSeries(noon, 50, 200*time.Millisecond,
		probe.Member{Name: "a"}, probe.Member{Name: "b"}, probe.Member{Name: "c"})
	if err != nil {
		panic(err)
	}
	const rounds = 200
	for n := range rounds {
		round := []probe.Sample{healthy(n), healthy(n), healthy(n)}
		for i := range round {
			round[i].Version = "1.4"
			tells(&round[i], 0)
		}
		change(&round[2])
		if err := series.Add(round...); err != nil {
			panic(err)
		}
	}
	series.End(noon.Add(rounds * 20 * time.Millisecond))
	return series.Window()
}

func ExampleBeLive() {
	answer := healthy(0) // Eventually(ctx, checkout.Sample).Should(BeLive())
	expectation(answer, BeLive())

	failing(&answer)
	expectation(answer, BeLive())
	// Output:
	// pass
	// Expected
	//     GET http://shop:8080/checkout: 503 Service Unavailable in 12ms (status 5xx)
	// to be live
}

func ExampleHaveRecoveredWithin() {
	slow := ended // slow.Revert(ctx), at noon
	expectation(healthy(50), HaveRecoveredWithin(2*time.Second, slow))
	// Output: pass
}

func ExampleHaveTakenEffect() {
	evidence := slow(record.Evidence{Effective: true, Summary: "412 packets held"}) // slow.Evidence(ctx)
	expectation(evidence, HaveTakenEffect())
	// Output: pass
}

// A window keeps its objective when what was observed is within the limit, and much
// worse is ruled out. Too few requests are no pass.
func ExampleKeepErrorRateBelow() {
	expectation(window(400, failing, 17), KeepErrorRateBelow(1*Percent)) // sold := Load(...)
	expectation(window(10, failing), KeepErrorRateBelow(1*Percent))
	// Output:
	// pass
	// undecided: 0 of 10 samples failed (0 %, allowed 1 %): too little to tell a rate of 1 % from one of 5 % at alpha 5 %: 65 samples are needed if no more of them do, and 258 to see a rate of 5 % with 90 % probability: load for longer or at a higher rate (GET http://shop:8080/checkout)
}

func ExampleKeepLatencyBelow() {
	expectation(window(500, taking(2*time.Second), 17), KeepLatencyBelow(time.Second, P99))
	// Output: pass
}

func ExampleKeepAvailabilityAbove() {
	expectation(window(1000, failing, 17), KeepAvailabilityAbove(99*Percent))
	// Output: pass
}

func ExampleMatchControl() {
	usual := window(400, failing)
	expectation(window(400, failing), MatchControl(usual))
	// Output: pass
}

// A window is found among the accepted runs by its suite, its spec and its probe.
func ExampleMatchBaseline() {
	accepted := baseline.Baseline{Schema: baseline.Schema} // baseline.Read("../chaosgate-baseline.json")
	for n := range 20 {
		accepted.Runs = append(accepted.Runs, baseline.Run{
			Started: noon.Add(time.Duration(n) * time.Hour), Environment: baseline.Here(),
			Windows: []baseline.Window{{
				Suite: "shop", Spec: "sells", Probe: checkout, Number: 1, Count: 250, P50: .012, P90: .012, P99: .012,
			}},
		})
	}
	sold := window(250, failing).FromSpec("sells", 1) // as Load's window of the spec "sells" is by itself
	expectation(sold, MatchBaseline(accepted))
	// Output: pass
}

func ExampleHaveNoOutliers() {
	expectation(replicas(func(*probe.Sample) {}), HaveNoOutliers())
	// Output: pass
}

func ExampleHaveOutlier() {
	threeTimes := func(s *probe.Sample) { s.Latency *= 3 }
	expectation(replicas(threeTimes), HaveOutlier("c", Slower))
	// Output: pass
}

func ExampleAgreeOnClock() {
	expectation(replicas(func(*probe.Sample) {}), AgreeOnClock(time.Second))
	// Output: pass
}

func ExampleRunTheSameVersion() {
	expectation(replicas(func(*probe.Sample) {}), RunTheSameVersion())
	// Output: pass
}
