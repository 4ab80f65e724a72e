package matchers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestClocksThatShowNoTimeDoNotAgree(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name, want string
		says       func(place int, s *probe.Sample) time.Time
	}{
		{
			"centuries apart", "AgreeOnClock: a: read a clock: it says 0001-01-01T00:00:00Z, more than 292 years from the local clock: it shows no time: set it first",
			func(place int, _ *probe.Sample) time.Time { return year(1 + 500*place) },
		},
		{
			"one of them", "AgreeOnClock: c: read a clock: it says 0001-01-01T00:00:00Z, more than 292 years",
			func(place int, s *probe.Sample) time.Time {
				if place == 2 {
					return time.Time{}
				}
				return s.Time
			},
		},
		{"all of them", "AgreeOnClock: a: read a clock: it says 0001-01-01T00:00:00Z", func(int, *probe.Sample) time.Time { return time.Time{} }},
		{"in the future", "AgreeOnClock: a: read a clock: it says 3000-01-01T00:00:00Z", func(int, *probe.Sample) time.Time { return year(3000) }},
	} {
		f := members(t, 20, func(s *probe.Sample, place, _ int) {
			tells(s, 0)
			s.Clock.Says = c.says(place, s)
		})
		if text := refusal(t, f, AgreeOnClock(time.Second)); !strings.HasPrefix(text, c.want) {
			t.Errorf("%s: %s\nwant %s", c.name, text, c.want)
		}
	}
	empty := members(t, 20, func(s *probe.Sample, _, _ int) { s.Clock = &probe.Reading{} })
	if text := refusal(t, empty, AgreeOnClock(time.Second)); text != "AgreeOnClock: a: read a clock: there is no local time from before the request or from after the answer: note both" {
		t.Error(text)
	}
	// A difference of centuries still fits a duration and is judged like any other.
	f := members(t, 20, func(s *probe.Sample, place, _ int) { tells(s, []time.Duration{0, 0, 0, 2_000_000 * time.Hour}[place]) })
	if text := failure(func(g Gomega) { g.Expect(f).To(AgreeOnClock(time.Second)) }); !strings.Contains(text, "\nbut d is ahead of the others by at least 19999") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(f).NotTo(AgreeOnClock(time.Second)) })
}

func TestClocksAreUndecidedUntilEachMemberHasAnswered(t *testing.T) {
	const down = "undecided: b has given no whole answer in 20 samples, so its time is unknown: load until it answers, or leave it out with Except(\"b\")\nfleet of 4: "
	f := members(t, 20, func(s *probe.Sample, place, _ int) {
		if tells(s, 0); place == 1 {
			refused(s)
			s.Clock = nil
		}
	})
	if text := refusal(t, f, AgreeOnClock(time.Second)); !strings.HasPrefix(text, down) {
		t.Error(text)
	}
	if j := f.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Undecided || !strings.HasPrefix(j[0].Text, "undecided: b has given no whole answer") {
		t.Errorf("judgements %+v", j)
	}
	expect(t, "", func(g Gomega) { g.Expect(f).To(AgreeOnClock(time.Second, Except("b"))) })
	if text := refusal(t, members(t, 0, nil), AgreeOnClock(time.Second)); !strings.HasPrefix(text, "undecided: a, b, c and d have given no whole answer in 0 samples, so their times are unknown: load until they answer\nfleet of 4: ") {
		t.Error(text)
	}
	// Members that answered and differ do so whatever b answers later.
	f = members(t, 20, func(s *probe.Sample, place, _ int) {
		if tells(s, time.Duration(place/3)*time.Minute); place == 1 {
			refused(s)
			s.Clock = nil
		}
	})
	if text := failure(func(g Gomega) { g.Expect(f).To(AgreeOnClock(time.Second)) }); !strings.Contains(text, "\nbut d is ahead of the others by at least 59.9") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(f).NotTo(AgreeOnClock(time.Second)) })
	// A version problem does not matter to a probe that reads no clock.
	f = members(t, 20, func(s *probe.Sample, _, _ int) {
		s.VersionProblem = "version from header X-Version: the answer says none"
	})
	if text := refusal(t, f, AgreeOnClock(time.Second)); text != `AgreeOnClock: a answers, but none of its answers contains a time: let the probe read it, with probe.ClockFrom(probe.HeaderField("Date"))` {
		t.Error(text)
	}
}

func TestPollingClocksMayStartBeforeTheFirstAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		skew   time.Duration
		assert func(Gomega, *fleetLoad)
	}{
		"Consistently": {0, func(g Gomega, l *fleetLoad) {
			g.Consistently(l.empty).WithTimeout(100 * time.Millisecond).WithPolling(time.Millisecond).Should(AgreeOnClock(time.Second))
		}},
		"Consistently not": {time.Minute, func(g Gomega, l *fleetLoad) {
			g.Consistently(l.empty).WithTimeout(100 * time.Millisecond).WithPolling(time.Millisecond).ShouldNot(AgreeOnClock(time.Second))
		}},
		"Eventually": {0, func(g Gomega, l *fleetLoad) {
			g.Eventually(l.empty).WithTimeout(time.Minute).WithPolling(time.Millisecond).Should(AgreeOnClock(time.Second))
		}},
		"Eventually not": {time.Minute, func(g Gomega, l *fleetLoad) {
			g.Eventually(l.empty).WithTimeout(time.Minute).WithPolling(time.Millisecond).ShouldNot(AgreeOnClock(time.Second))
		}},
	} {
		l := newFleetLoad(t, 1, 1000, func(s *probe.Sample, place, _ int) { tells(s, c.skew*time.Duration(place/3)) })
		if text := failure(func(g Gomega) { c.assert(g, l) }); text != "" || l.looks < 2 {
			t.Errorf("%s: after %d looks failed with\n%s", name, l.looks, text)
		}
	}
}

// A proxy in front of a member may answer in its place, without a time.
func TestAProxysAnswerIsNoClockProblem(t *testing.T) {
	by := func(skew time.Duration, class probe.Class) *probe.FleetWindow {
		return members(t, 20, func(s *probe.Sample, place, n int) {
			says := s.Time.Add(s.Latency / 2)
			if place == 2 {
				says = says.Add(skew)
			}
			s.Clock = &probe.Reading{Sent: s.Time, Received: s.Time.Add(s.Latency), Says: says, Resolution: time.Nanosecond}
			if n == 7 && place == 0 {
				s.Clock, s.ClockProblem, s.Class = nil, noClock, class
			}
		})
	}
	expect(t, "", func(g Gomega) { g.Expect(by(0, probe.Status5xx)).To(AgreeOnClock(time.Second)) })
	for _, class := range []probe.Class{probe.Status5xx, probe.OK} {
		text := failure(func(g Gomega) { g.Expect(by(time.Minute, class)).To(AgreeOnClock(time.Second)) })
		if !strings.Contains(text, "but c is ahead of the others by at least ") {
			t.Errorf("failed with\n%s", text)
		}
	}
	if text := refusal(t, by(0, probe.OK), AgreeOnClock(time.Second)); text != "AgreeOnClock: a: "+noClock {
		t.Error(text)
	}
}
