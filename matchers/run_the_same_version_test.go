package matchers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

const noClock, noVersion = "clock from header Date: the answer says none", "version from header X-Version: the answer says none"

func TestVersionsAreUndecidedUntilEachMemberHasAnswered(t *testing.T) {
	for want, f := range map[string]*probe.FleetWindow{
		"undecided: a, b, c and d have given no whole answer in 0 samples, so their versions are unknown: load until they answer\nfleet of 4: ":                                     members(t, 0, nil),
		"undecided: a, b, c and d have given no whole answer in 20 samples, so their versions are unknown: load until they answer\nfleet of 4: ":                                    members(t, 20, func(s *probe.Sample, _, _ int) { refused(s) }),
		"undecided: b has given no whole answer in 20 samples, so its version is unknown: load until it answers, or leave it out with Except(\"b\")\nfleet of 4: ":                  members(t, 20, without("1", 1)),
		"undecided: b and c have given no whole answer in 20 samples, so their versions are unknown: load until they answer, or leave them out with Except(\"b\", \"c\")\nfleet of": members(t, 20, without("1", 1, 2)),
	} {
		if text := refusal(t, f, RunTheSameVersion()); !strings.HasPrefix(text, want) {
			t.Errorf("%s\nwant\n%s", text, want)
		}
		if j := f.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Undecided || !strings.HasPrefix(j[0].Text, "undecided: ") {
			t.Errorf("judgements %+v", j)
		}
	}
	expect(t, "", func(g Gomega) { g.Expect(members(t, 20, without("1", 1))).To(RunTheSameVersion(Except("b"))) })
	// Members that answered and differ do so whatever b answers later.
	old := members(t, 20, func(s *probe.Sample, place, n int) {
		without([]string{"2", "2", "2", "1"}[place], 1)(s, place, n)
	})
	text := failure(func(g Gomega) { g.Expect(old).To(RunTheSameVersion()) })
	if !strings.Contains(text, "\nto run the same version\nbut d runs version 1, and 2 of 3 run 2") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(old).NotTo(RunTheSameVersion()) })
}

// without is members that report a version, except at the places, which do not answer.
func without(version string, places ...int) func(*probe.Sample, int, int) {
	return func(s *probe.Sample, place, _ int) {
		s.Version = version
		for _, p := range places {
			if p == place {
				refused(s)
				s.Version = ""
			}
		}
	}
}

func TestImagesTellVersionsWhereNoAnswerDoes(t *testing.T) {
	f := members(t, 20, func(s *probe.Sample, _, n int) {
		if n < 19 {
			refused(s)
		}
	})
	expect(t, "", func(g Gomega) { g.Expect(f).To(RunTheSameVersion()) })
	text := failure(func(g Gomega) { g.Expect(f).NotTo(RunTheSameVersion()) })
	if !strings.Contains(text, "\nnot to run the same version\nbut all 4 run image sha256:1") {
		t.Errorf("failed with\n%s", text)
	}
	// Nobody is asked for a version, so one that does not answer hides none.
	expect(t, "", func(g Gomega) { g.Expect(members(t, 20, without("", 2))).To(RunTheSameVersion()) })
	// A member without a readable version is not judged by its image.
	f = members(t, 20, func(s *probe.Sample, _, _ int) { s.VersionProblem = noVersion })
	if text := refusal(t, f, RunTheSameVersion()); text != "RunTheSameVersion: a: "+noVersion {
		t.Error(text)
	}
}

func TestAClockThatCannotBeReadIsNoProblemOfVersions(t *testing.T) {
	for _, versions := range [][]string{{"1", "1", "1", "1"}, {"", "", "", ""}} {
		f := members(t, 20, func(s *probe.Sample, place, _ int) { s.Version, s.ClockProblem = versions[place], noClock })
		expect(t, "", func(g Gomega) { g.Expect(f).To(RunTheSameVersion()) })
	}
	f := members(t, 20, func(s *probe.Sample, place, n int) {
		if s.Version = fmt.Sprint(place / 3); n == 0 {
			s.ClockProblem = noClock
		}
	})
	text := failure(func(g Gomega) { g.Expect(f).To(RunTheSameVersion()) })
	if !strings.Contains(text, "but d runs version 1, and 3 of 4 run 0") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(f).NotTo(RunTheSameVersion()) })
	f = members(t, 20, func(s *probe.Sample, _, n int) {
		if s.Version = "2"; n == 0 {
			s.Version, s.ClockProblem = "1", noClock
		}
	})
	text = failure(func(g Gomega) { g.Expect(f).To(RunTheSameVersion()) })
	if !strings.Contains(text, `but a reported two versions, "1" and "2"`) {
		t.Errorf("failed with\n%s", text)
	}
	f = members(t, 20, func(s *probe.Sample, place, n int) {
		if s.Version = "1"; n == 7 && place == 2 {
			s.Version, s.VersionProblem, s.ClockProblem = "", noVersion, noClock
		}
	})
	if text := refusal(t, f, RunTheSameVersion()); text != "RunTheSameVersion: c: "+noVersion {
		t.Error(text)
	}
}

func TestPollingVersionsStandsALookBeforeTheFirstAnswer(t *testing.T) {
	same := func(s *probe.Sample, _, _ int) { s.Version = "1" }
	differ := func(s *probe.Sample, place, _ int) { s.Version = fmt.Sprint(place) }
	const short = 100 * time.Millisecond
	for name, c := range map[string]struct {
		change func(*probe.Sample, int, int)
		assert func(Gomega, *fleetLoad)
		want   string
	}{
		"Consistently": {same, func(g Gomega, l *fleetLoad) {
			g.Consistently(l.empty).WithTimeout(short).WithPolling(time.Millisecond).Should(RunTheSameVersion())
		}, ""},
		"Consistently not": {differ, func(g Gomega, l *fleetLoad) {
			g.Consistently(l.empty).WithTimeout(short).WithPolling(time.Millisecond).ShouldNot(RunTheSameVersion())
		}, ""},
		"Eventually": {same, func(g Gomega, l *fleetLoad) {
			g.Eventually(l.empty).WithTimeout(time.Minute).WithPolling(time.Millisecond).Should(RunTheSameVersion())
		}, ""},
		"Eventually of members that differ": {differ, func(g Gomega, l *fleetLoad) {
			g.Eventually(l.empty).WithTimeout(short).WithPolling(time.Millisecond).Should(RunTheSameVersion())
		}, "4 members have 4 different versions"},
		"Eventually of a load without answers": {func(s *probe.Sample, _, _ int) { refused(s) }, func(g Gomega, l *fleetLoad) {
			l.each = 500
			g.Eventually(l.empty).WithTimeout(time.Minute).WithPolling(time.Millisecond).Should(RunTheSameVersion())
		}, "a, b, c and d have given no whole answer in 1,000 samples"},
	} {
		l := newFleetLoad(t, 1, 1000, c.change)
		text := failure(func(g Gomega) { c.assert(g, l) })
		if (text == "") != (c.want == "") || !strings.Contains(text, c.want) || l.looks < 2 {
			t.Errorf("%s: after %d looks failed with\n%s", name, l.looks, text)
		}
	}
}

// A proxy in front of a member may answer in its place, without a version.
func TestAnAnswerOfAProxyIsNoProblemOfVersions(t *testing.T) {
	by := func(c string, class probe.Class) *probe.FleetWindow {
		return members(t, 20, func(s *probe.Sample, place, n int) {
			s.Version = []string{"1", "1", c, "1"}[place]
			if n == 7 && place == 0 {
				s.Version, s.VersionProblem, s.Class = "", noVersion, class
			}
		})
	}
	expect(t, "", func(g Gomega) { g.Expect(by("1", probe.Status5xx)).To(RunTheSameVersion()) })
	for _, class := range []probe.Class{probe.Status5xx, probe.OK} {
		text := failure(func(g Gomega) { g.Expect(by("2", class)).To(RunTheSameVersion()) })
		if !strings.Contains(text, "but c runs version 2, and ") {
			t.Errorf("failed with\n%s", text)
		}
	}
	if text := refusal(t, by("1", probe.OK), RunTheSameVersion()); text != "RunTheSameVersion: a: "+noVersion {
		t.Error(text)
	}
}
