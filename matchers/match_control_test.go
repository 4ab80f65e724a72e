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

// noisy is n samples whose latencies are spread evenly over 40 ms from least on.
func noisy(n int, least time.Duration, spoil func(*probe.Sample), places ...int) *probe.Window {
	random := rand.New(rand.NewPCG(3, uint64(least)))
	w := window(n, func(s *probe.Sample) {
		s.Latency = least + time.Duration(random.IntN(40))*time.Millisecond
	}, upTo(n)...)
	samples := w.Samples()
	for _, i := range places {
		spoil(&samples[i])
	}
	return probe.NewWindow(checkout, w.Start(), w.End(), samples)
}

func TestControlMatched(t *testing.T) {
	usual, w := noisy(250, 20*time.Millisecond, failing, 7), noisy(250, 21*time.Millisecond, failing, 90, 190)
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchControl(usual)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, 2 errors (2 status 5xx), p50 43ms, p99 60ms
not to match the control window
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, 1 error (1 status 5xx), p50 38ms, p99 58ms
but it is no worse by 25 %: of 250 pairs of samples 2 failed here alone and 1 in the control window alone; p50 43ms against 38ms, p90 57ms against 54ms, p99 60ms against 58ms
errors: e-value 0.82
latency: e-value 0.0696, beyond a margin of 25 % and at least 1ms
at alpha 5 % an e-value of 66.67 shows a difference, however often one looks`,
		func(g Gomega) { g.Expect(w).NotTo(MatchControl(usual)) })
	j := w.Record().Judgements
	if len(j) != 1 || j[0].Matcher != "MatchControl" || j[0].Objective != "no worse than the control window of 12:00:00.000 by 25 %" || j[0].Outcome != record.Kept ||
		j[0].Value != 0.043 || j[0].Threshold != 0.038 || j[0].Samples != 250 {
		t.Errorf("judgements %+v", j)
	}
}

func TestControlShowsMoreErrors(t *testing.T) {
	usual, w := noisy(250, 20*time.Millisecond, failing, 130), noisy(250, 21*time.Millisecond, failing, spread(20, 250)...)
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(MatchControl(usual)) })
	text := failure(func(g Gomega) { g.Expect(w).To(MatchControl(usual)) })
	if !strings.Contains(text, "to match the control window\n") ||
		!strings.Contains(text, "\nbut it fails more often: of 250 pairs of samples 20 failed here alone and 1 in the control window alone\nerrors: e-value ") {
		t.Errorf("failed with\n%s", text)
	}
	// There, a sample that failed is slower than any that was answered.
	text = failure(func(g Gomega) { g.Expect(w).To(MatchControl(usual, LatencyOnly)) })
	if !strings.Contains(text, "\nbut it is slower: p50 44ms against 38ms, p90 59ms against 54ms, p99 a failure against 58ms\nlatency: e-value ") {
		t.Errorf("failed with\n%s", text)
	}
	if ok, err := MatchControl(usual, ErrorsOnly).Match(w); ok || err != nil {
		t.Errorf("errors only: %v, %v", ok, err)
	}
}

func TestControlShowsLongerLatencies(t *testing.T) {
	usual, w := noisy(250, 20*time.Millisecond, nil), noisy(250, 60*time.Millisecond, nil)
	text := failure(func(g Gomega) { g.Expect(w).To(MatchControl(usual)) })
	if !strings.Contains(text, "\nbut it is slower: p50 79ms against 38ms, p90 96ms against 54ms, p99 99ms against 58ms\n") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchControl(usual, ErrorsOnly)) })
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchControl(usual, Margin(200*Percent))) })
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchControl(usual, Floor(60*time.Millisecond))) })
	// A window that is better than its control is no violation.
	expect(t, "", func(g Gomega) { g.Expect(usual).To(MatchControl(w)) })
}

// Failures that the margin allows must not count again as endless latencies.
func TestControlJudgesFailuresOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	some := func(share float64) *probe.Window {
		w := window(10_000, func(s *probe.Sample) {
			s.Latency = 9*time.Millisecond + time.Duration(random.IntN(2000))*time.Microsecond
			if random.Float64() < share {
				failing(s)
			}
		}, upTo(10_000)...)
		return w
	}
	usual, w := some(0.10), some(0.12)
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchControl(usual)) })
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(MatchControl(usual, LatencyOnly)) })
}

// A window that was observed to be worse than allowed does not match, even if the pairs do
// not show it.
func TestControlObservedBeyondTheLimitIsUndecided(t *testing.T) {
	usual := noisy(250, 20*time.Millisecond, nil)
	for _, c := range []struct {
		w       *probe.Window
		options []ControlOption
		want    string
	}{
		{noisy(250, 20*time.Millisecond, failing, upTo(2)...), nil, ""},
		{noisy(250, 20*time.Millisecond, failing, upTo(3)...), []ControlOption{LatencyOnly}, ""},
		{
			noisy(250, 20*time.Millisecond, failing, upTo(3)...), nil,
			"undecided: it failed 1.2 % of the time more often, allowed 25 % of what the control fails or 1 %: more than is allowed, but not shown: of 250 pairs of samples 3 failed here alone and 0 in the control window alone",
		},
		{noisy(250, 29*time.Millisecond, nil), nil, ""},
		{
			noisy(250, 31*time.Millisecond, nil),
			[]ControlOption{LatencyOnly},
			"undecided: it took longer than 48ms in 61 pairs where the control, raised by 25 %, did not, and the opposite in 54: more than is allowed, but not shown: p50 49ms against 38ms",
		},
		{noisy(250, 20*time.Millisecond, taking(200*time.Millisecond), from(220, 15)...), nil, ""},
		{
			noisy(250, 20*time.Millisecond, taking(200*time.Millisecond), from(220, 26)...),
			[]ControlOption{Alpha(0.0001)},
			"undecided: it took longer than ",
		},
	} {
		for _, assert := range []func(Gomega){
			func(g Gomega) { g.Expect(c.w).To(MatchControl(usual, c.options...)) },
			func(g Gomega) { g.Expect(c.w).NotTo(MatchControl(usual, c.options...)) },
		} {
			if text := failure(assert); !strings.Contains(text, c.want) || c.want == "" && strings.Contains(text, "undecided") {
				t.Errorf("failed with\n%s\nwant %q", text, c.want)
			}
		}
	}
}

func TestControlIsUndecidedWithoutPartners(t *testing.T) {
	usual := noisy(300, 20*time.Millisecond, nil)
	long := noisy(1000, 20*time.Millisecond, func(s *probe.Sample) { s.Latency = time.Second }, from(300, 700)...)
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(long).To(MatchControl(usual)) },
		func(g Gomega) { g.Expect(long).NotTo(MatchControl(usual)) },
	} {
		if text := failure(assert); !strings.Contains(text, "undecided: 700 of its 1,000 samples have no partner in the control window: load both for the same time and at the same rate; of 300 pairs of samples 0 failed here alone and 0 in the control window alone; p50 ") ||
			strings.Contains(text, "1s against") {
			t.Errorf("failed with\n%s", text)
		}
	}
	// A violation that the pairs show still counts, and a longer control does no harm.
	expect(t, "", func(g Gomega) {
		g.Expect(noisy(1000, 100*time.Millisecond, nil)).NotTo(MatchControl(usual))
	})
	expect(t, "", func(g Gomega) { g.Expect(usual).To(MatchControl(noisy(1000, 20*time.Millisecond, nil))) })
	expect(t, "", func(g Gomega) {
		g.Expect(noisy(310, 20*time.Millisecond, nil)).To(MatchControl(usual))
	})
}

func TestControlWithoutPairsHasAMessage(t *testing.T) {
	text := failure(func(g Gomega) { g.Expect(window(0, nil)).To(MatchControl(noisy(300, 20*time.Millisecond, nil))) })
	if !strings.Contains(text, "of 0 pairs of samples 0 failed here alone and 0 in the control window alone; p50 no answer against no answer") {
		t.Errorf("failed with\n%s", text)
	}
	long := window(300, taking(1<<63-1), upTo(300)...)
	text = failure(func(g Gomega) { g.Expect(long).To(MatchControl(noisy(300, 20*time.Millisecond, nil))) })
	if !strings.Contains(text, "it is slower: p50 2562047h47m16.85s against ") {
		t.Errorf("failed with\n%s", text)
	}
}

func TestControlUndecidedFailsInBothPolarities(t *testing.T) {
	usual, w := noisy(250, 20*time.Millisecond, nil), noisy(20, 20*time.Millisecond, nil)
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(w).To(MatchControl(usual)) },
		func(g Gomega) { g.Expect(w).NotTo(MatchControl(usual)) },
	} {
		if text := failure(assert); !strings.Contains(text, "undecided: the pairs neither show a difference beyond the margin nor rule out a large one: of 20 pairs of samples 0 failed here alone and 0 in the control window alone; p50 ") ||
			!strings.Contains(text, ": load both windows for longer or at a higher rate (GET http://shop:8080/checkout)") {
			t.Errorf("failed with\n%s", text)
		}
	}
	if j := w.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Undecided {
		t.Errorf("judgements %+v", j)
	}
}

func TestControlIsWatchedWhileTheWindowGrows(t *testing.T) {
	usual := window(250, nil)
	for _, c := range []struct {
		load *load
		want string
	}{
		{newLoad(t, 50, 250), ""},
		{newLoad(t, 50, 250, spread(40, 50)...), "it fails more often: of 50 pairs of samples 40 failed here alone"},
		{newLoad(t, 10, 20), "undecided: the pairs neither show a difference beyond the margin nor rule out"},
	} {
		text := failure(func(g Gomega) {
			g.Consistently(c.load.untilEnd()).WithTimeout(never).WithPolling(time.Millisecond).Should(MatchControl(usual))
		})
		if (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("failed with\n%s\n--- want\n%s", text, c.want)
		}
	}
}

func TestControlRefusesBadInput(t *testing.T) {
	good, all := window(250, nil), window(250, failing, upTo(250)...)
	negative := window(250, taking(-time.Second), 3)
	growing := probe.NewSeries(checkout, noon)
	if err := growing.Add(healthy(0)); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		actual  any
		matcher OmegaMatcher
	}{
		"MatchControl: no control window":                            {good, MatchControl(nil)},
		"MatchControl: the control window has no sample":             {good, MatchControl(window(0, nil))},
		"MatchControl: the control window still grows":               {good, MatchControl(growing.Window())},
		"MatchControl: all 250 samples of the control window failed": {good, MatchControl(all)},
		"MatchControl: margin -1: must be from 0 to 10":              {good, MatchControl(good, Margin(-1))},
		"MatchControl: floor -1s: must not be negative":              {good, MatchControl(good, Floor(-time.Second))},
		"MatchControl: alpha 0.9: must be above 0":                   {good, MatchControl(good, Alpha(0.9))},
		"MatchControl: window of GET http://shop:8080/checkout: the sample meant for 12:00:00.060 took -1s: a latency is not negative": {negative, MatchControl(good)},
		"MatchControl: option 9: there are ErrorsOnly and LatencyOnly":                                                                 {good, MatchControl(good, OnlyOption(9))},
		"MatchControl: the control window: the sample meant for 12:00:00.060 took -1s":                                                 {good, MatchControl(negative)},
		"MatchControl matcher expects a *probe.Window":                                                                                 {7, MatchControl(good)},
	} {
		if ok, err := c.matcher.Match(c.actual); ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
		if text := c.matcher.FailureMessage(c.actual); !strings.Contains(text, "to match the control window") {
			t.Errorf("message: %s", text)
		}
	}
	// A window where everything fails is a violation, and no error.
	if ok, err := MatchControl(good).Match(all); ok || err != nil {
		t.Errorf("all failed: %v, %v", ok, err)
	}
}

func TestControlRefusesWhatComparesNothing(t *testing.T) {
	w := window(250, nil)
	for want, matcher := range map[string]OmegaMatcher{
		"MatchControl: the window is its own control (GET http://shop:8080/checkout): load one without the fault, and another with it": MatchControl(w),
		"MatchControl: ErrorsOnly and LatencyOnly exclude each other: leave both out to compare both":                                  MatchControl(window(250, nil), ErrorsOnly, LatencyOnly),
	} {
		for _, assert := range []func(Gomega){func(g Gomega) { g.Expect(w).To(matcher) }, func(g Gomega) { g.Expect(w).NotTo(matcher) }} {
			if text := failure(assert); !strings.Contains(text, want) {
				t.Errorf("failed with\n%s\nwant %s", text, want)
			}
		}
	}
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchControl(window(250, nil), ErrorsOnly, ErrorsOnly)) })
}

// A control has no judgement of its own, but the record says what it was for.
func TestAControlWindowIsKnownAsOne(t *testing.T) {
	control, w := window(250, taking(time.Millisecond)), window(250, taking(time.Millisecond))
	if ok, err := MatchControl(control).Match(w); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	if !control.Record().Control || w.Record().Control {
		t.Errorf("control %v, window %v", control.Record().Control, w.Record().Control)
	}
}
