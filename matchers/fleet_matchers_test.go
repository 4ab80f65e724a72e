package matchers_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

// fleet is members a, b, c and d with rounds of samples, ten a window; spoil
// changes the samples of the one at the place.
func fleet(t *testing.T, rounds int, spoil func(*probe.Sample, int), places ...int) *probe.FleetWindow {
	t.Helper()
	series, err := probe.NewFleetSeries(noon, 50, 200*time.Millisecond,
		probe.Member{Name: "a"}, probe.Member{Name: "b"}, probe.Member{Name: "c"}, probe.Member{Name: "d"})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for n := range rounds {
		round := make([]probe.Sample, 4)
		for i := range round {
			round[i] = healthy(n)
			round[i].Latency += time.Duration(random.IntN(3)) * time.Millisecond
			for _, place := range places {
				if place == i {
					spoil(&round[i], n)
				}
			}
		}
		if err := series.Add(round...); err != nil {
			t.Fatal(err)
		}
	}
	series.End(noon.Add(time.Duration(rounds) * 20 * time.Millisecond))
	return series.Window()
}

func tripled(s *probe.Sample, _ int) { s.Latency *= 3 }

func aThird(s *probe.Sample, _ int) { s.Latency /= 3 }

func failingOften(s *probe.Sample, n int) {
	if n%4 == 0 {
		failing(s)
	}
}

func TestFleetHasNoOutliers(t *testing.T) {
	f := fleet(t, 200, nil)
	expect(t, "", func(g Gomega) { g.Expect(f).To(HaveNoOutliers()) })
	text := failure(func(g Gomega) { g.Expect(f).NotTo(HaveNoOutliers()) })
	if !strings.HasPrefix(text, "Expected\n    fleet of 4: a,b,c,d: 200 samples each in 4s from 12:00:00.000\n      a: 200 samples, no error, p50 13ms") ||
		!strings.HasSuffix(text, "\nnot to have no outliers\nbut no member is an outlier in 20 windows of 200ms") {
		t.Errorf("failed with\n%s", text)
	}
	j := f.Record().Judgements
	if len(j) != 1 || j[0].Matcher != "HaveNoOutliers" || j[0].Objective != "no outliers" || j[0].Outcome != record.Kept || j[0].Samples != 800 {
		t.Errorf("judgements %+v", j)
	}
	for _, member := range []string{"a", "b", "c", "d"} {
		expect(t, "", func(g Gomega) { g.Expect(f).NotTo(HaveOutlier(member)) })
	}
}

func TestFleetOutliersAreNamed(t *testing.T) {
	for _, c := range []struct {
		kind  OutlierKind
		spoil func(*probe.Sample, int)
		want  string
	}{
		{Slower, tripled, "\nto have no outliers\nbut c is slower: its median was above its peers' by more than 25 % and 1ms in 20 of 20 windows, typically 39ms against 13ms (e-value "},
		{Faster, aThird, "\nto have no outliers\nbut c is faster: its median was below its peers' by more than 25 % and 1ms in 20 of 20 windows, typically 4.33ms against 13ms (e-value "},
		{Failing, failingOften, "\nto have no outliers\nbut c is failing: 50 of the fleet's 50 errors are its own, and 200 of 800 requests (e-value "},
	} {
		f := fleet(t, 200, c.spoil, 2)
		text := failure(func(g Gomega) { g.Expect(f).To(HaveNoOutliers()) })
		if !strings.Contains(text, c.want) || strings.Count(text, "(e-value ") != 1 {
			t.Errorf("%s: failed with\n%s", c.kind, text)
		}
		for matcher, want := range map[OmegaMatcher]bool{
			HaveNoOutliers(): false, HaveNoOutliers(Except("c")): true, HaveNoOutliers(Except("a")): false,
			HaveOutlier("c"): true, HaveOutlier("c", c.kind): true, HaveOutlier("a"): false, HaveOutlier("d", c.kind): false,
			HaveOutlier("c", Slower): c.kind == Slower, HaveOutlier("c", Failing): c.kind == Failing,
			HaveNoOutliers(ByRank()): c.kind == Faster, // which it does not judge
		} {
			if ok, err := matcher.Match(f); ok != want || err != nil {
				t.Errorf("%s: %s: got %v, %v, want %v", c.kind, matcher.FailureMessage(f), ok, err, want)
			}
		}
	}
}

func TestFleetOutlierSaysWhyNot(t *testing.T) {
	f := fleet(t, 200, tripled, 2)
	text := failure(func(g Gomega) { g.Expect(f).To(HaveOutlier("a", Slower, Failing)) })
	if !strings.Contains(text, "\nto have the outlier a, slower or failing\nbut a is not slower or failing in 20 windows of 200ms; c is slower: ") {
		t.Errorf("failed with\n%s", text)
	}
	if j := f.Record().Judgements; len(j) != 1 || j[0].Objective != "outlier a, slower or failing" || j[0].Outcome != record.Violated {
		t.Errorf("judgements %+v", j)
	}
	text = failure(func(g Gomega) { g.Expect(f).NotTo(HaveOutlier("c")) })
	if !strings.Contains(text, "\nnot to have the outlier c\nbut c is slower: ") {
		t.Errorf("failed with\n%s", text)
	}
}

func TestFleetIsUndecidedByTooFewWindows(t *testing.T) {
	f := fleet(t, 50, nil)
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(f).To(HaveNoOutliers()) },
		func(g Gomega) { g.Expect(f).NotTo(HaveNoOutliers()) },
		func(g Gomega) { g.Expect(f).To(HaveOutlier("b")) },
		func(g Gomega) { g.Expect(f).NotTo(HaveOutlier("b", Slower)) },
	} {
		text := failure(assert)
		if !strings.Contains(text, "undecided: whether ") ||
			!strings.Contains(text, " is open after 5 windows of 200ms and 50 requests to each member: 6 windows and 98 requests clear a member that is like its peers, and 9 windows name one that is not: load for longer\nfleet of 4: ") {
			t.Errorf("failed with\n%s", text)
		}
	}
}

func TestFleetRefusesBadInput(t *testing.T) {
	good := fleet(t, 200, nil)
	two, err := probe.NewFleetWindow(0, probe.Member{Name: "a", Window: window(100, nil)}, probe.Member{Name: "b", Window: window(100, nil)})
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		actual  any
		matcher OmegaMatcher
	}{
		"HaveNoOutliers: the matcher expects a *probe.FleetWindow":                                                                     {7, HaveNoOutliers()},
		"HaveOutlier: the matcher expects a *probe.FleetWindow":                                                                        {(*probe.FleetWindow)(nil), HaveOutlier("a")},
		"HaveNoOutliers: the fleet has 2 members: at least three are needed, because two members cannot show which one is the outlier": {two, HaveNoOutliers()},
		"HaveOutlier: the fleet has 2 members: at least three are needed, because two members cannot show which one is the outlier":    {two, HaveOutlier("a")},
		`HaveOutlier: the fleet has no member "z": it has ["a" "b" "c" "d"]`:                                                           {good, HaveOutlier("z")},
		`HaveNoOutliers: the fleet has no member "z"`:                                                                                  {good, HaveNoOutliers(Except("z"))},
		"HaveNoOutliers: compare errors of a fleet with margin 4: must be a share of at least 0 and below 4":                           {good, HaveNoOutliers(Margin(4))},
		"HaveNoOutliers: floor -1s: must not be negative":                                                                              {good, HaveNoOutliers(Floor(-time.Second))},
		"HaveNoOutliers: alpha 0: must be above 0":                                                                                     {good, HaveNoOutliers(Alpha(0))},
		"HaveNoOutliers: a kind (slower) goes with HaveOutlier":                                                                        {good, HaveNoOutliers(Slower)},
		"HaveOutlier: a is itself left out by Except: remove it there":                                                                 {good, HaveOutlier("a", Except("b", "a"))},
		"HaveOutlier: ByRank finds slower members only":                                                                                {good, HaveOutlier("a", Faster, ByRank())},
	} {
		if ok, err := c.matcher.Match(c.actual); ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
		if text := c.matcher.FailureMessage(c.actual); !strings.Contains(text, "to have ") {
			t.Errorf("message: %s", text)
		}
	}
	// A member that always fails is an outlier; the others have no errors.
	gone := fleet(t, 200, func(s *probe.Sample, _ int) { failing(s) }, 0)
	expect(t, "", func(g Gomega) { g.Expect(gone).To(HaveOutlier("a", Failing)) })
	expect(t, "", func(g Gomega) { g.Expect(gone).To(HaveNoOutliers(Except("a"))) })
}

func TestFleetClocksAgree(t *testing.T) {
	saying := func(skew, resolution time.Duration) func(*probe.Sample, int) {
		return func(s *probe.Sample, _ int) {
			s.Clock = &probe.Reading{Sent: s.Time, Received: s.Time.Add(s.Latency), Says: s.Time.Add(s.Latency/2 + skew), Resolution: resolution}
		}
	}
	good := fleet(t, 20, saying(0, time.Nanosecond), 0, 1, 2, 3)
	expect(t, "", func(g Gomega) { g.Expect(good).To(AgreeOnClock(50 * time.Millisecond)) })
	text := failure(func(g Gomega) { g.Expect(good).NotTo(AgreeOnClock(50 * time.Millisecond)) })
	if !strings.Contains(text, "\nnot to agree on the clock within 50ms\nbut no two clocks can differ by more than 12ms") {
		t.Errorf("failed with\n%s", text)
	}
	if _, err := AgreeOnClock(time.Millisecond).Match(good); err == nil || !strings.Contains(err.Error(), "undecided: clocks may differ by 12ms: that of ") {
		t.Errorf("too coarse: %v", err)
	}
	skewed := fleet(t, 20, func(s *probe.Sample, n int) { saying(0, time.Nanosecond)(s, n) }, 0, 1, 2)
	_, err := AgreeOnClock(time.Second).Match(skewed)
	if err == nil || !strings.Contains(err.Error(), "d answers, but none of its answers contains a time: let the probe read it, with probe.ClockFrom") {
		t.Errorf("a member without a clock: %v", err)
	}
	odd := fleet(t, 20, func(s *probe.Sample, n int) {
		skew := time.Duration(0)
		if strings.HasSuffix(s.Detail, "odd") {
			skew = -time.Minute
		}
		saying(skew, time.Nanosecond)(s, n)
	}, 0, 1, 2, 3)
	expect(t, "", func(g Gomega) { g.Expect(odd).To(AgreeOnClock(time.Second)) })
	// The second spoil of a round is that of b, and so on: let d be a minute behind.
	turn := 0
	behind := fleet(t, 20, func(s *probe.Sample, n int) {
		skew := time.Duration(0)
		if turn%4 == 3 {
			skew = -time.Minute
		}
		turn++
		saying(skew, time.Nanosecond)(s, n)
	}, 0, 1, 2, 3)
	text = failure(func(g Gomega) { g.Expect(behind).To(AgreeOnClock(time.Second)) })
	if !strings.Contains(text, "\nto agree on the clock within 1s\nbut d is behind the others by at least 59.9") || strings.Contains(text, "a is ") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(behind).To(AgreeOnClock(time.Second, Except("d"))) })
	expect(t, "", func(g Gomega) { g.Expect(behind).NotTo(AgreeOnClock(time.Second)) })
	stepped := fleet(t, 20, func(s *probe.Sample, n int) { saying(time.Duration(n/10)*time.Minute, time.Nanosecond)(s, n) }, 0, 1, 2, 3)
	text = failure(func(g Gomega) { g.Expect(stepped).To(AgreeOnClock(time.Second)) })
	if !strings.Contains(text, "but a's clock was set, or stepped, while it was read") {
		t.Errorf("failed with\n%s", text)
	}
	for want, matcher := range map[string]OmegaMatcher{
		"within 0s: must be above 0": AgreeOnClock(0), `no member "z"`: AgreeOnClock(time.Second, Except("z")),
		"1 of 4 members are left to compare: at least two are needed": AgreeOnClock(time.Second, Except("a", "b", "c")),
	} {
		if ok, err := matcher.Match(good); ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, %v, want %s", ok, err, want)
		}
	}
}

func TestFleetVersions(t *testing.T) {
	version := func(text string) func(*probe.Sample, int) {
		return func(s *probe.Sample, _ int) { s.Version = text }
	}
	good := fleet(t, 20, version("2"), 0, 1, 2, 3)
	expect(t, "", func(g Gomega) { g.Expect(good).To(RunTheSameVersion()) })
	text := failure(func(g Gomega) { g.Expect(good).NotTo(RunTheSameVersion()) })
	if !strings.Contains(text, "\nnot to run the same version\nbut all 4 run version 2") {
		t.Errorf("failed with\n%s", text)
	}
	turn := 0
	by := func(versions ...string) *probe.FleetWindow {
		return fleet(t, 20, func(s *probe.Sample, _ int) { s.Version = versions[turn%len(versions)]; turn++ }, 0, 1, 2, 3)
	}
	old := by("2", "2", "1", "2")
	text = failure(func(g Gomega) { g.Expect(old).To(RunTheSameVersion()) })
	if !strings.Contains(text, "\nto run the same version\nbut c runs version 1, and 3 of 4 run 2") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(old).To(RunTheSameVersion(Except("c"))) })
	text = failure(func(g Gomega) { g.Expect(by("1", "1", "2", "2")).To(RunTheSameVersion()) })
	if !strings.Contains(text, "4 members have 2 different versions and none has more than half") {
		t.Errorf("failed with\n%s", text)
	}
	mixed := fleet(t, 20, func(s *probe.Sample, n int) { s.Version = []string{"1", "2"}[n/10] }, 0, 1, 2, 3)
	text = failure(func(g Gomega) { g.Expect(mixed).To(RunTheSameVersion()) })
	if !strings.Contains(text, `but a reported two versions, "1" and "2"`) {
		t.Errorf("failed with\n%s", text)
	}
	if _, err := RunTheSameVersion().Match(fleet(t, 20, version("2"), 0, 1, 2)); err == nil || !strings.Contains(err.Error(), "the version of d is not known") {
		t.Errorf("unknown: %v", err)
	}
	images := func(d string) *probe.FleetWindow {
		var members []probe.Member
		for name, image := range map[string]string{"a": "sha256:1", "b": "sha256:1", "c": "sha256:1", "d": d} {
			members = append(members, probe.Member{Name: name, Image: image, Window: window(100, nil)})
		}
		f, err := probe.NewFleetWindow(0, members...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	expect(t, "", func(g Gomega) { g.Expect(images("sha256:1")).To(RunTheSameVersion()) })
	text = failure(func(g Gomega) { g.Expect(images("sha256:2")).To(RunTheSameVersion()) })
	if !strings.Contains(text, "but d runs image sha256:2, and 3 of 4 run sha256:1") {
		t.Errorf("failed with\n%s", text)
	}
}
