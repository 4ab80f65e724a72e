package suite

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
	"github.com/chaosgate/chaosgate/runner/gate"
)

// fact is a matcher with something of which it finds one outcome.
type fact struct {
	name    string
	outcome record.Outcome
	// stops says that the outcome is an error, which fails both senses.
	stops bool
	// misused says that the matcher cannot judge what it is given.
	misused bool
	make    func(ctx context.Context) (actual func() any, m types.GomegaMatcher)
}

// facts are each matcher of the library with each outcome that it has.
func facts() []fact {
	return slices.Concat(windowFacts(), baselineFacts(), fleetFacts(), sampleFacts(), evidenceFacts())
}

var contractNoon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// lookedAt is n samples at 50/s, of which the first few fail and some others are slow.
func lookedAt(n, failed, slow int) []probe.Sample {
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

// reported is a window of such samples, that is in the spec's report.
func reported(n, failed, slow int) *probe.Window {
	w := probe.NewWindow("GET http://shop:80/", contractNoon, contractNoon.Add(time.Duration(n)*20*time.Millisecond), lookedAt(n, failed, slow))
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
				window := baseline.Summarise(probe.NewWindow("GET http://shop:80/", contractNoon, contractNoon.Add(5*time.Second), lookedAt(250, 0, 0)).In("sells", 1).Record())
				window.Suite = "shop"
				accepted.Runs = append(accepted.Runs, baseline.Run{
					Started: contractNoon.Add(time.Duration(n) * time.Minute), Environment: baseline.Here(), Windows: []baseline.Window{window},
				})
			}
			w := reported(250, failed, 0).In("sells", 1)
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

// members is a fleet of a, b, c and d with rounds of samples, which is in the spec's
// report; change makes of each what its member, by its place, says.
func members(rounds int, change func(s *probe.Sample, place int)) *probe.FleetWindow {
	series, err := probe.NewFleetSeries(contractNoon, 50, 200*time.Millisecond,
		probe.Member{Name: "a"}, probe.Member{Name: "b"}, probe.Member{Name: "c"}, probe.Member{Name: "d"})
	Expect(err).NotTo(HaveOccurred())
	for _, s := range lookedAt(rounds, 0, 0) {
		round := []probe.Sample{s, s, s, s}
		for place := range round {
			change(&round[place], place)
		}
		Expect(series.Add(round...)).To(Succeed())
	}
	series.End(contractNoon.Add(time.Duration(rounds) * 20 * time.Millisecond))
	f := series.Window()
	ginkgo.AddReportEntry(record.WindowEntry, f, ginkgo.ReportEntryVisibilityNever)
	return f
}

func fleetFacts() []fact {
	of := func(name string, outcome record.Outcome, m func() types.GomegaMatcher, rounds int, change func(*probe.Sample, int)) fact {
		return fact{name: name, outcome: outcome, misused: outcome == "", make: func(context.Context) (func() any, types.GomegaMatcher) {
			f := members(rounds, change)
			return func() any { return f }, m()
		}}
	}
	none := func() types.GomegaMatcher { return HaveNoOutliers() }
	outlier := func() types.GomegaMatcher { return HaveOutlier("c", Slower) }
	version := func() types.GomegaMatcher { return RunTheSameVersion() }
	clock := func() types.GomegaMatcher { return AgreeOnClock(time.Second) }
	alike := func(*probe.Sample, int) {}
	oneSlow := func(s *probe.Sample, place int) {
		if place == 2 {
			s.Latency *= 3
		}
	}
	versions := func(all ...string) func(*probe.Sample, int) {
		return func(s *probe.Sample, place int) {
			if s.Version = all[place]; s.Version == "" {
				s.Class = probe.Refused
			}
		}
	}
	clocks := func(skew, resolution time.Duration) func(*probe.Sample, int) {
		return func(s *probe.Sample, place int) {
			s.Clock = &probe.Reading{Sent: s.Time, Received: s.Time.Add(s.Latency), Says: s.Time, Resolution: resolution}
			if place == 2 {
				s.Clock.Says = s.Time.Add(skew)
			}
		}
	}
	return []fact{
		of("HaveNoOutliers, kept", record.Kept, none, 200, alike),
		of("HaveNoOutliers, violated", record.Violated, none, 200, oneSlow),
		of("HaveNoOutliers, undecided", record.Undecided, none, 20, alike),
		of("HaveOutlier, kept", record.Kept, outlier, 200, oneSlow),
		of("HaveOutlier, violated", record.Violated, outlier, 200, alike),
		of("HaveOutlier, undecided", record.Undecided, outlier, 20, alike),
		of("HaveOutlier, misused", "", func() types.GomegaMatcher { return HaveOutlier("nobody", Slower) }, 20, alike),
		of("RunTheSameVersion, kept", record.Kept, version, 20, versions("1", "1", "1", "1")),
		of("RunTheSameVersion, violated", record.Violated, version, 20, versions("1", "1", "2", "1")),
		of("RunTheSameVersion, undecided", record.Undecided, version, 20, versions("1", "1", "", "1")),
		of("AgreeOnClock, kept", record.Kept, clock, 20, clocks(0, time.Millisecond)),
		of("AgreeOnClock, violated", record.Violated, clock, 20, clocks(time.Hour, time.Millisecond)),
		of("AgreeOnClock, undecided", record.Undecided, clock, 20, clocks(0, time.Minute)),
		of("AgreeOnClock, misused", "", clock, 20, alike),
	}
}

// contractScope is what a spec works on: a scope on a fake driver whose only target is db.
type contractScope struct {
	*scope.Scope
	agent *drivertest.FakeAgent
	db    *scope.Service
}

// newContractScope makes a scope in which commands on db end with the code.
func newContractScope(ctx context.Context, code int) contractScope {
	target := drivertest.NewTarget("db", driver.State{Running: true, Addresses: map[string][]netip.Addr{"net": {netip.MustParseAddr("10.0.0.2")}}})
	target.OnExec = func(...string) (int, string) { return code, "" }
	fake := drivertest.NewFake(target)
	ginkgo.DeferCleanup(fake.Agent.Die)
	fake.Agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, Summary: "stood still"} }
	s := scope.New(ginkgo.GinkgoT(), fake.Connect)
	return contractScope{s, fake.Agent, s.Attach(ctx, "db")}
}

func (s contractScope) pause(ctx context.Context) *scope.Injection {
	return s.Inject(ctx, fault.Pause(), scope.On(s.db))
}

func sampleFacts() []fact {
	look := func(ctx context.Context, s contractScope) func() any {
		alive := probe.Exec(s.db, "true")
		return func() any {
			sample, err := alive.Sample(ctx)
			Expect(err).NotTo(HaveOccurred())
			return sample
		}
	}
	live := func(name string, outcome record.Outcome, code int) fact {
		return fact{name: name, outcome: outcome, make: func(ctx context.Context) (func() any, types.GomegaMatcher) {
			return look(ctx, newContractScope(ctx, code)), BeLive()
		}}
	}
	recovered := func(name string, outcome record.Outcome, code int, limit time.Duration, stops, over bool) fact {
		return fact{name: name, outcome: outcome, stops: stops, make: func(ctx context.Context) (func() any, types.GomegaMatcher) {
			s := newContractScope(ctx, code)
			pause := s.pause(ctx)
			if over {
				pause.Revert(ctx)
			}
			return look(ctx, s), HaveRecoveredWithin(limit, pause)
		}}
	}
	misused := live("BeLive, misused", "", 0)
	misused.misused, misused.make = true, func(context.Context) (func() any, types.GomegaMatcher) {
		return func() any { return "no sample" }, BeLive()
	}
	return []fact{
		live("BeLive, kept", record.Kept, 0),
		live("BeLive, violated", record.Violated, 1),
		misused,
		recovered("HaveRecoveredWithin, kept", record.Kept, 0, time.Minute, false, true),
		recovered("HaveRecoveredWithin, violated", record.Violated, 1, 1, true, true),
		recovered("HaveRecoveredWithin, undecided", record.Undecided, 1, time.Minute, false, true),
		recovered("HaveRecoveredWithin, of a live fault", record.Undecided, 0, time.Minute, true, false),
	}
}

func evidenceFacts() []fact {
	of := func(name string, outcome record.Outcome, stops bool, e record.Evidence) fact {
		return fact{name: "HaveTakenEffect, " + name, outcome: outcome, stops: stops, make: func(ctx context.Context) (func() any, types.GomegaMatcher) {
			s := newContractScope(ctx, 0)
			pause := s.pause(ctx)
			s.agent.OnEvidence = func(string) record.Evidence { return e }
			return func() any {
				evidence, err := pause.Evidence(ctx)
				Expect(err).NotTo(HaveOccurred())
				return evidence
			}, HaveTakenEffect()
		}}
	}
	return []fact{
		of("kept", record.Kept, false, record.Evidence{Effective: true, Summary: "stood still"}),
		of("touched nothing", record.ToolFailed, false, record.Evidence{Summary: "did not stand still"}),
		of("lapsed", record.ToolFailed, true, record.Evidence{Effective: true, LeaseLapsed: true}),
		of("died", record.Violated, true, record.Evidence{Effective: true, TargetDied: true}),
		of("spoilt", record.Undecided, true, record.Evidence{Effective: true, Spoilt: "2 out-of-memory kills"}),
	}
}

// toolSpecs are specs that fail, or should, without a matcher.
var toolSpecs = map[string]struct {
	want gate.Verdict
	body func(ctx context.Context)
}{
	"a fault that touched nothing": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{} }
		s.pause(ctx)
	}},
	"a fault that lapsed": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, LeaseLapsed: true} }
		s.pause(ctx)
	}},
	"a fault under which the target died": {gate.Regression, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, TargetDied: true} }
		s.pause(ctx)
	}},
	"a fault that was spoilt": {gate.Inconclusive, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnEvidence = func(string) record.Evidence { return record.Evidence{Effective: true, Spoilt: "an out-of-memory kill"} }
		s.pause(ctx)
	}},
	"a fault that cannot be undone": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnRevert = func(string) string { return "still frozen" }
		s.pause(ctx)
	}},
	"a fault that cannot be": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.Inject(ctx, fault.CPUBurn(0), scope.On(s.db))
	}},
	"a container that is not there": {gate.ToolFailure, func(ctx context.Context) {
		newContractScope(ctx, 0).Attach(ctx, "shop")
	}},
	"an agent that does not answer": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		pause := s.pause(ctx)
		s.agent.Die()
		Expect(pause.Evidence(ctx)).To(HaveTakenEffect())
	}},
	"an agent that does not answer while it is polled": {gate.ToolFailure, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		pause := s.pause(ctx)
		s.agent.Die()
		Eventually(ctx, pause.Evidence).WithTimeout(briefly).Should(HaveTakenEffect())
	}},
	"a service that fails by itself, and a tool that fails behind it": {gate.Regression, func(ctx context.Context) {
		s := newContractScope(ctx, 0)
		s.agent.OnRevert = func(string) string { return "still frozen" }
		s.pause(ctx)
		Expect(reported(250, 125, 0)).To(KeepErrorRateBelow(5 * Percent))
	}},
	"an assertion of another kind": {gate.Regression, func(context.Context) {
		Expect(reported(250, 0, 0)).To(KeepErrorRateBelow(5 * Percent))
		Expect(fmt.Sprint("undecided: ", 3)).To(Equal("4"))
	}},
}
