package matchers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

func TestOptionsThatAreNil(t *testing.T) {
	f, w := members(t, 20, nil), window(200, nil)
	for name, c := range map[string]struct {
		actual  any
		matcher OmegaMatcher
	}{
		"KeepErrorRateBelow(0.01)": {w, KeepErrorRateBelow(0.01, Alpha(0.1), nil)},
		"MatchControl":             {w, MatchControl(window(200, nil), Alpha(0.1), nil)},
		"MatchBaseline":            {w, MatchBaseline(baseline.Baseline{Schema: baseline.Schema}, Alpha(0.1), nil)},
		"HaveNoOutliers":           {f, HaveNoOutliers(Alpha(0.1), nil)},
		"HaveOutlier":              {f, HaveOutlier("a", Except("b"), nil)},
		"AgreeOnClock":             {f, AgreeOnClock(time.Second, Except("b"), nil)},
		"RunTheSameVersion":        {f, RunTheSameVersion(Except("b"), nil)},
	} {
		want := name + ": option 2 of 2 is nil: leave it out"
		if ok, err := c.matcher.Match(c.actual); ok || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v and %v, want %s", ok, err, want)
		}
		if text := c.matcher.FailureMessage(c.actual); text == "" {
			t.Errorf("%s: no message", name)
		}
	}
}

func TestZeroWindowsAreRefused(t *testing.T) {
	good := window(200, nil)
	for want, c := range map[string]struct {
		actual  any
		matcher OmegaMatcher
	}{
		"KeepErrorRateBelow: the window is a zero value: ":               {&probe.Window{}, KeepErrorRateBelow(0.01)},
		"KeepLatencyBelow: the window is a zero value: ":                 {&probe.Window{}, KeepLatencyBelow(time.Second, P90)},
		"MatchControl: the window is a zero value: ":                     {&probe.Window{}, MatchControl(good)},
		"MatchControl: the control window: the window is a zero value: ": {good, MatchControl(&probe.Window{})},
		"MatchBaseline: ": {&probe.Window{}, MatchBaseline(baseline.Baseline{Schema: baseline.Schema})},
		"HaveNoOutliers: the fleet window is a zero value: ":    {&probe.FleetWindow{}, HaveNoOutliers()},
		"AgreeOnClock: the fleet window is a zero value: ":      {&probe.FleetWindow{}, AgreeOnClock(time.Second)},
		"RunTheSameVersion: the fleet window is a zero value: ": {&probe.FleetWindow{}, RunTheSameVersion()},
	} {
		if ok, err := c.matcher.Match(c.actual); ok || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v and %v, want %s", ok, err, want)
		}
		if text := c.matcher.NegatedFailureMessage(c.actual); !strings.Contains(text, "\nnot to ") {
			t.Errorf("%s\n%s", want, text)
		}
	}
}

// A record keeps judgements with different options on one window apart.
func TestJudgementsWithOtherOptionsAreKeptApart(t *testing.T) {
	slow, w := fleet(t, 200, tripled, 2), window(400, nil)
	for _, c := range []struct {
		actual  any
		matcher OmegaMatcher
	}{
		{slow, HaveNoOutliers()},
		{slow, HaveNoOutliers(Margin(3))},
		{slow, HaveNoOutliers(Floor(time.Second))},
		{slow, HaveNoOutliers(ByRank())},
		{slow, HaveNoOutliers(Alpha(0.01))},
		{slow, HaveOutlier("c")},
		{slow, HaveOutlier("c", Alpha(0.01))},
		{w, KeepErrorRateBelow(0.01)},
		{w, KeepErrorRateBelow(0.01, Alpha(0.01))},
		{w, MatchControl(window(400, nil))},
		{w, MatchControl(window(400, nil), Floor(time.Second))},
		{w, MatchControl(window(400, nil), Alpha(0.01))},
	} {
		for range 2 {
			_, _ = c.matcher.Match(c.actual) // what it says is in the record
		}
	}
	var got []string
	for _, j := range append(slow.Record().Judgements, w.Record().Judgements...) {
		got = append(got, j.Objective)
	}
	NewWithT(t).Expect(got).To(Equal([]string{
		"no outliers", "no outliers beyond 300 % and 1ms", "no outliers beyond 25 % and 1s",
		"no outliers by rank", "no outliers at alpha 1 %", "outlier c", "outlier c at alpha 1 %",
		"error rate below 1 %", "error rate below 1 % at alpha 1 %", "no worse than the control window of 12:00:00.000 by 25 %",
		"no worse than the control window of 12:00:00.000 by 25 % and 1s", "no worse than the control window of 12:00:00.000 by 25 % at alpha 1 %",
	}))
}
