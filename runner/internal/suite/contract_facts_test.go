package suite

import (
	"context"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// fact is a matcher, and an actual for which it finds one outcome.
type fact struct {
	name    string
	outcome record.Outcome
	// stops says that the outcome is an error, which fails To and NotTo alike.
	stops bool
	// misused says that the matcher cannot judge this actual.
	misused bool
	make    func(ctx context.Context) (actual func() any, m types.GomegaMatcher)
}

// facts lists every matcher of the library with each of its outcomes.
func facts() []fact {
	return slices.Concat(windowFacts(), baselineFacts(), fleetFacts(), sampleFacts(), evidenceFacts())
}

var contractNoon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// samplesOf makes n samples at 50/s. The first ones fail, and the next ones are slow.
func samplesOf(n, failed, slow int) []probe.Sample {
	samples := make([]probe.Sample, n)
	for i := range samples {
		samples[i] = probe.Sample{Probe: "GET http://shop:80/", Time: contractNoon.Add(time.Duration(i) * 20 * time.Millisecond), Latency: 12 * time.Millisecond, Class: probe.OK}
		if i < failed {
			samples[i].Class = probe.Status5xx
		} else if i < failed+slow {
			samples[i].Latency = time.Minute
		}
	}
	return samples
}

// reported is a window of such samples. It is in the spec's report.
func reported(n, failed, slow int) *probe.Window {
	w := probe.NewWindow("GET http://shop:80/", contractNoon, contractNoon.Add(time.Duration(n)*20*time.Millisecond), samplesOf(n, failed, slow))
	ginkgo.AddReportEntry(record.WindowEntry, w, ginkgo.ReportEntryVisibilityNever)
	return w
}

func windowFacts() []fact {
	of := func(name string, outcome record.Outcome, m func() types.GomegaMatcher, n, failed, slow int) fact {
		return fact{name: name, outcome: outcome, make: func(context.Context) (func() any, types.GomegaMatcher) {
			w := reported(n, failed, slow)
			return func() any { return w }, m()
		}}
	}
	rate := func() types.GomegaMatcher { return KeepErrorRateBelow(5 * Percent) }
	proved := func() types.GomegaMatcher { return KeepErrorRateBelow(5*Percent, Proved) }
	latency := func() types.GomegaMatcher { return KeepLatencyBelow(time.Second, P90) }
	availability := func() types.GomegaMatcher { return KeepAvailabilityAbove(95 * Percent) }
	control := func() types.GomegaMatcher { return MatchControl(reported(500, 0, 0)) }
	never := of("KeepErrorRateBelow, proved, violated", record.Violated, proved, 250, 125, 0)
	never.stops = true
	part := of("KeepErrorRateBelow, of a part, violated", record.Violated, rate, 250, 125, 0)
	whole := part.make
	part.make = func(ctx context.Context) (func() any, types.GomegaMatcher) {
		actual, m := whole(ctx)
		w, _ := actual().(*probe.Window)
		return func() any { return w.Slice(contractNoon.Add(time.Second), w.End()) }, m
	}
	misused := of("KeepErrorRateBelow, misused", "", func() types.GomegaMatcher { return KeepErrorRateBelow(7) }, 250, 0, 0)
	misused.misused = true
	return []fact{
		of("KeepErrorRateBelow, kept", record.Kept, rate, 250, 0, 0),
		of("KeepErrorRateBelow, violated", record.Violated, rate, 250, 125, 0),
		of("KeepErrorRateBelow, undecided", record.Undecided, rate, 5, 0, 0),
		of("KeepErrorRateBelow, proved, kept", record.Kept, proved, 500, 0, 0),
		of("KeepErrorRateBelow, proved, undecided", record.Undecided, proved, 5, 0, 0),
		never, part, misused,
		of("KeepLatencyBelow, kept", record.Kept, latency, 250, 0, 0),
		of("KeepLatencyBelow, violated", record.Violated, latency, 250, 0, 125),
		of("KeepLatencyBelow, undecided", record.Undecided, latency, 2, 0, 0),
		of("KeepAvailabilityAbove, kept", record.Kept, availability, 250, 0, 0),
		of("KeepAvailabilityAbove, violated", record.Violated, availability, 250, 125, 0),
		of("KeepAvailabilityAbove, undecided", record.Undecided, availability, 5, 0, 0),
		of("MatchControl, kept", record.Kept, control, 500, 0, 0),
		of("MatchControl, violated", record.Violated, control, 500, 250, 0),
		of("MatchControl, undecided", record.Undecided, control, 40, 0, 0),
	}
}

func baselineFacts() []fact {
	of := func(name string, outcome record.Outcome, runs, failed int) fact {
		return fact{name: "MatchBaseline, " + name, outcome: outcome, make: func(context.Context) (func() any, types.GomegaMatcher) {
			accepted := baseline.Baseline{Schema: baseline.Schema}
			for n := range runs {
				window := baseline.Summarise(probe.NewWindow("GET http://shop:80/", contractNoon, contractNoon.Add(5*time.Second), samplesOf(250, 0, 0)).FromSpec("sells", 1).Record())
				window.Suite = "shop"
				accepted.Runs = append(accepted.Runs, baseline.Run{
					Started: contractNoon.Add(time.Duration(n) * time.Minute), Environment: baseline.Here(), Windows: []baseline.Window{window},
				})
			}
			w := reported(250, failed, 0).FromSpec("sells", 1)
			return func() any { return w }, MatchBaseline(accepted)
		}}
	}
	misused := of("misused", "", 0, 0)
	misused.misused, misused.make = true, func(context.Context) (func() any, types.GomegaMatcher) {
		w := reported(250, 0, 0)
		return func() any { return w }, MatchBaseline(baseline.Baseline{})
	}
	return []fact{
		of("kept", record.Kept, 19, 0),
		of("violated", record.Violated, 19, 125),
		of("undecided", record.Undecided, 2, 0),
		misused,
	}
}
