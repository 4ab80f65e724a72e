package matchers_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// counting sets how many samples every accepted window has.
func counting(n int) func(*baseline.Baseline) {
	return func(b *baseline.Baseline) {
		for i := range b.Runs {
			b.Runs[i].Windows[0].Count = n + i
		}
	}
}

// inSells is a window as a load in the spec "sells" returns it.
func inSells(l *load) func() *probe.Window {
	return func() *probe.Window { return l.window().FromSpec("sells", 1) }
}

func TestBaselineIsComparedWithAWholeLoad(t *testing.T) {
	accepted := acceptedRuns(t, nil, alike(19)...)
	for _, c := range []struct {
		name    string
		assert  func(AsyncAssertion, types.GomegaMatcher) bool
		failing []int
		want    string
	}{
		{"matches at the end", func(a AsyncAssertion, m types.GomegaMatcher) bool { return a.Should(m) }, nil, ""},
		{"is worse at the end only", func(a AsyncAssertion, m types.GomegaMatcher) bool { return a.ShouldNot(m) }, upTo(250)[200:], ""},
	} {
		l := newLoad(t, 50, 250, c.failing...)
		text := failure(func(g Gomega) {
			c.assert(g.Eventually(inSells(l)).WithTimeout(never).WithPolling(time.Millisecond), MatchBaseline(accepted))
		})
		if text != c.want || l.looks != 5 {
			t.Errorf("%s: %d looks, want 5; failed with\n%s", c.name, l.looks, text)
		}
	}
	const want = "undecided: the window still grows (50 samples so far), and whole loads are compared: wait for its end, as Eventually and Load do (GET http://shop:8080/checkout)"
	growing := inSells(newLoad(t, 50, 250))()
	for _, assert := range []func(Gomega){
		func(g Gomega) { g.Expect(growing).To(MatchBaseline(accepted)) },
		func(g Gomega) { g.Expect(growing).NotTo(MatchBaseline(accepted)) },
		func(g Gomega) {
			g.Expect([]*probe.Window{sold(t, 12*time.Millisecond), growing}).To(MatchBaseline(accepted))
		},
	} {
		if text := failure(assert); !strings.Contains(text, want) {
			t.Errorf("failed with\n%s\n--- want\n%s", text, want)
		}
	}
}

// A collected window must be as long as later ones that are compared with it.
func TestBaselineBeingCollectedWaitsForTheLoad(t *testing.T) {
	t.Setenv(record.CollectVariable, "1")
	l := newLoad(t, 50, 250)
	expect(t, "", func(g Gomega) {
		g.Eventually(inSells(l)).WithTimeout(never).WithPolling(time.Millisecond).Should(MatchBaseline(nothingAccepted(t)))
	})
	if l.looks != 5 {
		t.Errorf("%d looks, want 5", l.looks)
	}
}

func TestBaselineNeedsAsManySamplesAsWereAccepted(t *testing.T) {
	for _, c := range []struct {
		accepted, n int
		want        string
	}{
		// The accepted windows have from this many samples to 18 more.
		{91, 1, "undecided: the window has 1 sample, and 100 are usual in the accepted runs: fewer than half as many cannot be compared: load as the accepted runs did, or collect anew"},
		{91, 49, "undecided: the window has 49 samples, and 100 are usual in the accepted runs: "},
		{91, 50, ""},
		{91, 100_000, ""},
		{90, 198, ""},
		{90, 199, "undecided: the window has 199 samples, and 99 are usual in the accepted runs: the p99 of fewer than 100 samples is their slowest, which is slower of more than twice as many: load as the accepted runs did, or collect anew"},
		{1, 5, ""},
		{1, 4, "the window has 4 samples, and 10 are usual"},
	} {
		accepted := acceptedRuns(t, counting(c.accepted), alike(19)...)
		w := window(c.n, nil).FromSpec("sells", 1)
		text := failure(func(g Gomega) { g.Expect(w).To(MatchBaseline(accepted)) })
		if (text == "") != (c.want == "") || !strings.Contains(text, c.want) {
			t.Errorf("%d samples after %d failed with\n%s\n--- want\n%s", c.n, c.accepted, text, c.want)
		}
		if text := failure(func(g Gomega) { g.Expect(w).NotTo(MatchBaseline(accepted)) }); !strings.Contains(text, c.want) {
			t.Errorf("%d samples after %d failed with\n%s\n--- want\n%s", c.n, c.accepted, text, c.want)
		}
	}
	// The shortest of several runs counts, but not an accepted one that was cut short.
	accepted := acceptedRuns(t, nil, alike(19)...)
	few := []*probe.Window{sold(t, 12*time.Millisecond), window(10, nil).FromSpec("sells", 1)}
	if _, err := MatchBaseline(accepted).Match(few); err == nil || !strings.Contains(err.Error(), "the window has 10 samples, and 250 are usual in the accepted runs") {
		t.Errorf("one run of ten samples: %v", err)
	}
}

func TestBaselineOfADeadServiceMatchesNothing(t *testing.T) {
	none := record.Float(math.NaN())
	dying := func(n int) func(*baseline.Baseline) {
		return func(b *baseline.Baseline) {
			for i := range n {
				w := &b.Runs[i].Windows[0]
				w.Errors, w.P50, w.P90, w.P99 = map[string]int{"timeout": w.Count}, none, none, none
			}
		}
	}
	dead := window(250, failing, upTo(250)...).FromSpec("sells", 1)
	for _, n := range []int{1, 19} {
		accepted := acceptedRuns(t, dying(n), alike(19)...)
		want := fmt.Sprintf("undecided: all samples of this window failed in %d of 19 accepted runs (the first started at 2026-01-02T12:00:00Z): there is nothing to match: take those runs out of the file, and accept runs of a live service", n)
		for _, w := range []*probe.Window{dead, sold(t, 12*time.Millisecond), sold(t, 5*time.Second)} {
			for _, assert := range []func(Gomega){
				func(g Gomega) { g.Expect(w).To(MatchBaseline(accepted)) },
				func(g Gomega) { g.Expect(w).NotTo(MatchBaseline(accepted)) },
			} {
				if text := failure(assert); !strings.Contains(text, want) {
					t.Errorf("%d dead runs: failed with\n%s\n--- want\n%s", n, text, want)
				}
			}
		}
	}
	accepted := acceptedRuns(t, nil, alike(19)...)
	expect(t, "", func(g Gomega) { g.Expect(dead).NotTo(MatchBaseline(accepted)) })
	if text := failure(func(g Gomega) { g.Expect(dead).To(MatchBaseline(accepted)) }); !strings.Contains(text, "error rate 100 %, usually 0 %, +100 points") {
		t.Errorf("failed with\n%s", text)
	}
}

func TestBaselineSaysHowManyRunsSuffice(t *testing.T) {
	accepted := acceptedRuns(t, nil, alike(9)...)
	w, other, third := sold(t, 12*time.Millisecond), sold(t, 13*time.Millisecond), sold(t, 14*time.Millisecond)
	for _, c := range []struct {
		actual any
		alpha  float64
		want   string
	}{
		{w, 0.05, "undecided: the window has 9 of the 10 accepted runs that 1 run of now needs at alpha 5 %: accept more"},
		{w, 1e-6, "undecided: with 1 run of now, no number of accepted runs can decide at alpha 0.0001 %: give the windows of several runs, or choose a larger alpha"},
		{[]*probe.Window{w, other, third}, 0.001, "undecided: the window has 9 of the 17 accepted runs that 3 runs of now needs at alpha 0.1 %: accept more"},
	} {
		if _, err := MatchBaseline(accepted, Alpha(c.alpha)).Match(c.actual); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("alpha %v: %v\nwant %s", c.alpha, err, c.want)
		}
	}
}
