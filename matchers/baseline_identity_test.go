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

// named gives every accepted window this spec.
func named(suite, spec string) func(*baseline.Baseline) {
	return func(b *baseline.Baseline) {
		for i := range b.Runs {
			b.Runs[i].Windows[0].Suite, b.Runs[i].Windows[0].Spec = suite, spec
		}
	}
}

func TestBaselineRefusesWindowsThatAreNotOneOfEachRun(t *testing.T) {
	accepted := acceptedRuns(t, nil, alike(19)...)
	slow, slower := sold(t, 40*time.Millisecond), sold(t, 41*time.Millisecond)
	fast := window(250, taking(-10*time.Millisecond), 7).FromSpec("sells", 1)
	for _, c := range []struct {
		actual any
		want   string
	}{
		{[]*probe.Window{slow, slower, slow}, "window 3 is window 1 again: give one window of each run"},
		{[]*probe.Window{slow, slow.FromSpec("sells", 1)}, "window 2 is window 1 again: give one window of each run"},
		{[]*probe.Window{slow, slower.FromSpec("pays", 1)}, `the windows are number 1 of the spec "sells" and number 1 of "pays": compare each with its own`},
		{[]*probe.Window{slow, slower.FromSpec("sells", 2)}, `the windows are number 1 of the spec "sells" and number 2 of "sells": compare each with its own`},
		{slow.Slice(noon, noon.Add(time.Hour)), "it is not known which window of its spec this is (it never is for a part cut by Slice): give the whole window, or give its number with In"},
		{window(250, nil), "it is not known which window of its spec this is"},
		{fast, "window of GET http://shop:8080/checkout: the sample meant for 12:00:00.140 took -10ms: a latency is not negative"},
	} {
		for _, assert := range []func(Gomega){
			func(g Gomega) { g.Expect(c.actual).To(MatchBaseline(accepted)) },
			func(g Gomega) { g.Expect(c.actual).NotTo(MatchBaseline(accepted)) },
			func(g Gomega) { g.Expect(c.actual).To(MatchBaseline(accepted, Margin(0))) },
		} {
			if text := failure(assert); !strings.Contains(text, c.want) {
				t.Errorf("failed with\n%s\n--- want\n%s", text, c.want)
			}
		}
	}
}

func TestBaselineKnowsTheSpecByItsWholeText(t *testing.T) {
	slow := sold(t, 40*time.Millisecond)
	for of, want := range map[[2]string]string{
		{"shop", "sells"}:            "worse than the baseline: p99 40ms, usually 12.09ms",
		{"shop: cart", "sells"}:      "worse than the baseline: p99 40ms, usually 12.09ms",
		{"", "sells"}:                "worse than the baseline: p99 40ms, usually 12.09ms",
		{"shop", "cart: sells"}:      "undecided: no accepted run has this window",
		{"shop", "cart: sells well"}: "undecided: no accepted run has this window",
	} {
		accepted := acceptedRuns(t, named(of[0], of[1]), alike(19)...)
		if text := failure(func(g Gomega) { g.Expect(slow).To(MatchBaseline(accepted)) }); !strings.Contains(text, want) {
			t.Errorf("accepted as %q: failed with\n%s\n--- want\n%s", of, text, want)
		}
	}
	accepted := acceptedRuns(t, named("shop", "cart: sells"), alike(19)...)
	expect(t, "", func(g Gomega) { g.Expect(slow.FromSpec("cart: sells", 1)).NotTo(MatchBaseline(accepted)) })
}
