package matchers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// load is a series that has some more samples at every look, and ends.
type load struct {
	t       *testing.T
	series  *probe.Series
	each    int
	most    int
	failing map[int]bool
	looks   int
	n       int
}

func newLoad(t *testing.T, each, most int, failing ...int) *load {
	t.Helper()
	l := &load{t: t, series: probe.NewSeries(checkout, noon), each: each, most: most, failing: map[int]bool{}}
	for _, i := range failing {
		l.failing[i] = true
	}
	return l
}

func (l *load) window() *probe.Window {
	l.looks++
	for range min(l.each, l.most-l.n) {
		s := healthy(l.n)
		if l.failing[l.n] {
			failing(&s)
		}
		if err := l.series.Add(s); err != nil {
			l.t.Fatal(err)
		}
		l.n++
	}
	if l.n == l.most {
		l.series.End(noon.Add(time.Duration(l.n) * 20 * time.Millisecond))
	}
	return l.series.Window()
}

func (l *load) untilEnd() func() (*probe.Window, error) {
	return probe.UntilEnd(func() (*probe.Window, error) { return l.window(), nil })
}

// from is n places, the first of which is first.
func from(first, n int) []int {
	places := upTo(n)
	for i := range places {
		places[i] += first
	}
	return places
}

const never = time.Hour

func TestConsistently(t *testing.T) {
	for _, c := range []struct {
		name    string
		load    *load
		within  time.Duration
		matcher types.GomegaMatcher
		looks   int
		want    string
	}{
		// One more look than the load has: it shows that the load has ended.
		{"ends with a load that kept it", newLoad(t, 50, 250), never, KeepErrorRateBelow(1 * Percent), 6, ""},
		{"fails at the first look that shows a violation", newLoad(t, 50, 250, spread(10, 50)...), never, KeepErrorRateBelow(1 * Percent), 1, "to keep its error rate below 1 %\nbut 10 of 50 samples failed"},
		{"fails at the last look that shows a violation", newLoad(t, 50, 100, from(50, 50)...), never, KeepErrorRateBelow(1 * Percent), 2, "to keep its error rate below 1 %\nbut 50 of 100 samples failed"},
		{"fails when the load ends before enough was seen", newLoad(t, 20, 60), never, KeepErrorRateBelow(1 * Percent), 3, "undecided: 0 of 60 samples failed (0 %, allowed 1 %): too little to tell"},
		{"fails when its time ends before enough was seen", newLoad(t, 1, 1_000_000), 100 * time.Millisecond, KeepErrorRateBelow(1 * Percent), -1, "Timed out while waiting on TryAgainAfter"},
		{"holds for quantiles", newLoad(t, 50, 250), never, KeepLatencyBelow(time.Second, P95), 6, ""},
		{"holds for availability", newLoad(t, 50, 250), never, KeepAvailabilityAbove(99 * Percent), 6, ""},
		{"judges both of two", newLoad(t, 50, 250), never, And(KeepErrorRateBelow(1*Percent), KeepLatencyBelow(time.Millisecond, P95)), 2, "to keep its p95 latency below 1ms"},
		{"judges what is negated", newLoad(t, 250, 250), never, Not(KeepErrorRateBelow(1 * Percent)), 1, "not to keep its error rate below 1 %"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := failure(func(g Gomega) {
				g.Consistently(c.load.untilEnd()).WithTimeout(c.within).WithPolling(time.Millisecond).Should(c.matcher)
			})
			if (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
				t.Errorf("failed with\n%s\n--- want\n%s", text, c.want)
			}
			if c.looks >= 0 && c.load.looks != c.looks {
				t.Errorf("%d looks, want %d", c.load.looks, c.looks)
			}
		})
	}
}

func TestUntilEndMayBeUsedAgain(t *testing.T) {
	slow := newLoad(t, 250, 250).untilEnd()
	for _, c := range []struct {
		matcher types.GomegaMatcher
		want    string
	}{
		{KeepErrorRateBelow(1 * Percent), ""},
		{KeepLatencyBelow(time.Second, P95), ""},
		{KeepLatencyBelow(time.Millisecond, P95), "but 250 of 250 samples took longer than 1ms or failed"},
	} {
		text := failure(func(g Gomega) {
			g.Consistently(slow).WithTimeout(never).WithPolling(time.Millisecond).Should(c.matcher)
		})
		if (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("failed with\n%s\n--- want\n%s", text, c.want)
		}
	}
	broken := errors.New("not yet")
	none := probe.UntilEnd(func() (*probe.Window, error) { return nil, broken })
	nothing := probe.UntilEnd(func() (*probe.FleetWindow, error) { return nil, nil })
	for range 2 {
		if w, err := none(); w != nil || !errors.Is(err, broken) {
			t.Errorf("got %v, %v", w, err)
		}
		if w, err := nothing(); w != nil || err != nil {
			t.Errorf("got %v, %v", w, err)
		}
	}
}

func TestConsistentlyNegatedIsJudged(t *testing.T) {
	text := failure(func(g Gomega) {
		g.Consistently(newLoad(t, 250, 250).untilEnd()).WithTimeout(never).WithPolling(time.Millisecond).ShouldNot(KeepErrorRateBelow(1 * Percent))
	})
	if !strings.Contains(text, "not to keep its error rate below 1 %") {
		t.Errorf("failed with\n%s", text)
	}
	expect(t, "", func(g Gomega) {
		bad := newLoad(t, 250, 500, upTo(500)...)
		g.Consistently(bad.untilEnd()).WithTimeout(never).WithPolling(time.Millisecond).ShouldNot(KeepErrorRateBelow(1 * Percent))
	})
}

func TestEventuallyProved(t *testing.T) {
	for _, c := range []struct {
		name    string
		load    *load
		matcher types.GomegaMatcher
		looks   int
		want    string
	}{
		{"passes with the proof", newLoad(t, 100, 10_000), KeepErrorRateBelow(1*Percent, Proved), 5, ""},
		{"needs more for a smaller alpha", newLoad(t, 100, 10_000), KeepErrorRateBelow(1*Percent, Proved, Alpha(0.01)), 7, ""},
		{"passes for availability", newLoad(t, 100, 10_000), KeepAvailabilityAbove(99*Percent, Proved), 5, ""},
		{"stops when the opposite is shown", newLoad(t, 100, 10_000, spread(30, 100)...), KeepErrorRateBelow(1*Percent, Proved), 1, "Told to stop trying after "},
		{"stops when the load ends without it", newLoad(t, 100, 300, 7), KeepErrorRateBelow(1*Percent, Proved), 3, "undecided: 1 of 300 samples failed (0.333 %, allowed 1 %): no proof that fewer than 1 % do, at alpha 5 %: 657 samples are needed if no more of them do"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := failure(func(g Gomega) {
				g.Eventually(c.load.window).WithTimeout(never).WithPolling(time.Millisecond).Should(c.matcher)
			})
			if (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
				t.Errorf("failed with\n%s\n--- want\n%s", text, c.want)
			}
			if c.load.looks != c.looks {
				t.Errorf("%d looks, want %d", c.load.looks, c.looks)
			}
		})
	}
}

func TestProvedSaysWhatItProves(t *testing.T) {
	w := window(450, nil)
	expect(t, `Expected
    GET http://shop:8080/checkout: 450 samples in 9s from 12:00:00.000, no error, p50 12ms, p99 12ms
not to keep its error rate below 1 %, proved
but 0 of 450 samples failed (0 %, allowed 1 %); with 95 % confidence fewer than 0.931 % do
e-value 26.3, p 0.038: at alpha 5 % an e-value of 20 proves it, however often one looks`,
		func(g Gomega) { g.Expect(w).NotTo(KeepErrorRateBelow(1*Percent, Proved)) })
	bad := window(250, failing, spread(12, 250)...)
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(bad).To(KeepErrorRateBelow(1*Percent, Proved)) },
		func(g Gomega) { g.Expect(bad).NotTo(KeepErrorRateBelow(1*Percent, Proved)) },
	} {
		if text := failure(assert); !strings.Contains(text, "12 of 250 samples failed (4.8 %, allowed 1 %); with 95 % confidence more than 1.98 % do") {
			t.Errorf("failed with\n%s", text)
		}
	}
	if j := bad.Record().Judgements; len(j) != 1 || j[0].Objective != "error rate below 1 %, proved" || j[0].Outcome != "violated" {
		t.Errorf("judgements %+v", j)
	}
}
