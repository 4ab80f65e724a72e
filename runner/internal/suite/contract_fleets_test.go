package suite

import (
	"context"
	"time"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

// members is the window of a fleet of a, b, c and d. It is in the spec's report. change
// adapts each sample to the place of its member.
func members(rounds int, change func(s *probe.Sample, place int)) *probe.FleetWindow {
	series, err := probe.NewFleetSeries(contractNoon, 50, 200*time.Millisecond,
		probe.Member{Name: "a"}, probe.Member{Name: "b"}, probe.Member{Name: "c"}, probe.Member{Name: "d"})
	Expect(err).NotTo(HaveOccurred())
	for _, s := range samplesOf(rounds, 0, 0) {
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
		of("HaveOutlier, misused", "", func() types.GomegaMatcher { return HaveOutlier("stranger", Slower) }, 20, alike),
		of("RunTheSameVersion, kept", record.Kept, version, 20, versions("1", "1", "1", "1")),
		of("RunTheSameVersion, violated", record.Violated, version, 20, versions("1", "1", "2", "1")),
		of("RunTheSameVersion, undecided", record.Undecided, version, 20, versions("1", "1", "", "1")),
		of("AgreeOnClock, kept", record.Kept, clock, 20, clocks(0, time.Millisecond)),
		of("AgreeOnClock, violated", record.Violated, clock, 20, clocks(time.Hour, time.Millisecond)),
		of("AgreeOnClock, undecided", record.Undecided, clock, 20, clocks(0, time.Minute)),
		of("AgreeOnClock, misused", "", clock, 20, alike),
	}
}
