package matchers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// of is a fleet of members a, b, c and so on, with rounds of samples, ten a window.
func of(t *testing.T, size, rounds int, change func(s *probe.Sample, place, n int)) *probe.FleetWindow {
	t.Helper()
	var all []probe.Member
	for i := range size {
		all = append(all, probe.Member{Name: string(rune('a' + i))})
	}
	series, err := probe.NewFleetSeries(noon, 50, 200*time.Millisecond, all...)
	if err != nil {
		t.Fatal(err)
	}
	for n := range rounds {
		round := make([]probe.Sample, size)
		for place := range round {
			round[place] = healthy(n)
			change(&round[place], place, n)
		}
		if err := series.Add(round...); err != nil {
			t.Fatal(err)
		}
	}
	series.End(noon.Add(time.Duration(rounds) * 20 * time.Millisecond))
	return series.Window()
}

// failingTimes makes each member fail one request in every this many, or none for 0.
func failingTimes(every ...int) func(*probe.Sample, int, int) {
	return func(s *probe.Sample, place, n int) {
		if every[place] > 0 && n%every[place] == 0 {
			failing(s)
		}
	}
}

// taken gives each member another latency.
func taken(all ...time.Duration) func(*probe.Sample, int, int) {
	return func(s *probe.Sample, place, _ int) { s.Latency = all[place] }
}

func TestAFailingFleetIsUndecided(t *testing.T) {
	refused := func(s *probe.Sample, _, _ int) { s.Class, s.Latency = probe.Refused, time.Millisecond }
	for want, f := range map[string]*probe.FleetWindow{
		"undecided: 4 of 4 members failed most of their 200 requests,": of(t, 4, 200, refused),
		"undecided: 4 of 5 members failed most of their 300 requests,": of(t, 5, 300, failingTimes(0, 1, 1, 1, 1)),
		// The failing members are all faster than the healthy one.
		"undecided: 3 of 4 members failed most of their 300 requests,": of(t, 4, 300, func(s *probe.Sample, place, n int) {
			if place > 0 {
				refused(s, place, n)
			}
		}),
	} {
		for _, matcher := range []OmegaMatcher{HaveNoOutliers(), HaveNoOutliers(ByRank()), HaveOutlier("a"), HaveOutlier("a", Slower)} {
			const do = " so there are too few healthy peers to compare a member with: see first why they fail, with KeepErrorRateBelow on the window of one"
			if text := refusal(t, f, matcher); !strings.HasPrefix(text, want+do) {
				t.Error(text)
			}
		}
	}
	half := of(t, 4, 400, func(s *probe.Sample, place, n int) {
		if place > 1 {
			refused(s, place, n)
		}
	})
	expect(t, "", func(g Gomega) { g.Expect(half).To(And(HaveOutlier("c", Failing), Not(HaveNoOutliers()))) })
	if text := refusal(t, half, HaveOutlier("a", Slower)); !strings.HasPrefix(text, "undecided: 2 of 4 members failed most of their 400 requests,") {
		t.Error(text)
	}
	// Two of five are a minority, and shown to be outliers.
	two := of(t, 5, 300, failingTimes(0, 1, 0, 1, 0))
	text := failure(func(g Gomega) { g.Expect(two).To(HaveNoOutliers()) })
	if !strings.Contains(text, "but b is failing: ") || !strings.Contains(text, "; d is failing: ") || strings.Count(text, " is failing: ") != 2 {
		t.Errorf("failed with\n%s", text)
	}
}

func TestExceptedMembersAreNotPeers(t *testing.T) {
	const ms = time.Millisecond
	for name, f := range map[string]*probe.FleetWindow{
		"errors beside many errors":   of(t, 5, 400, failingTimes(0, 4, 1, 0, 0)),
		"latency beside a larger one": of(t, 5, 400, taken(12*ms, 36*ms, 500*ms, 12*ms, 12*ms)),
	} {
		for _, options := range [][]FleetOption{{Except("c")}, {Except("c"), ByRank()}} {
			matcher := HaveNoOutliers(options...)
			ok, err := matcher.Match(f)
			if text := matcher.FailureMessage(f); ok || err != nil || !strings.Contains(text, "\nbut b is ") || strings.Count(text, "(e-value ") != 1 {
				t.Errorf("%s: got %v, %v\n%s", name, ok, err, text)
			}
		}
		expect(t, "", func(g Gomega) { g.Expect(f).To(HaveOutlier("b", Except("c"))) })
		expect(t, "", func(g Gomega) { g.Expect(f).NotTo(HaveOutlier("d", Except("c"))) })
		expect(t, "", func(g Gomega) { g.Expect(f).To(HaveNoOutliers(Except("b", "c"))) })
	}
	// The healthy members are not outliers beside the one with the fault.
	expect(t, "", func(g Gomega) {
		g.Expect(of(t, 4, 400, taken(12*ms, 13*ms, 500*ms, 12*ms))).To(HaveNoOutliers(Except("c")))
	})
}

// One member fails every request, so a tenth of another's is a small part of all errors.
func TestOneMembersErrorsDoNotClearAnother(t *testing.T) {
	f := of(t, 5, 400, failingTimes(0, 10, 1, 0, 0))
	if text := refusal(t, f, HaveOutlier("b", Failing)); !strings.HasPrefix(text, "undecided: whether b is failing is open after 40 windows of 200ms and 400 requests to each member: the errors of c hide its own: leave it out with Except(\"c\"); c is failing: 400 of ") {
		t.Error(text)
	}
	expect(t, "", func(g Gomega) { g.Expect(f).NotTo(HaveOutlier("a", Failing)) })
	// With two members left there are no peers, and a member with few errors is cleared.
	three := of(t, 3, 400, failingTimes(0, 1, 0))
	expect(t, "", func(g Gomega) { g.Expect(three).NotTo(HaveOutlier("c", Failing)) })
}
