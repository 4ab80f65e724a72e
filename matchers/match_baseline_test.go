package matchers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// acceptedRuns is a baseline of one window, here, with the latencies p99 in milliseconds;
// change may spoil it.
func acceptedRuns(t *testing.T, change func(*baseline.Baseline), p99 ...float64) baseline.Baseline {
	t.Helper()
	b := baseline.Baseline{Schema: baseline.Schema}
	for i, ms := range p99 {
		b.Runs = append(b.Runs, baseline.Run{
			Started: noon.Add(time.Duration(i) * time.Minute), Environment: baseline.Here(),
			Windows: []baseline.Window{{
				Suite: "shop", Spec: "sells", Probe: checkout, Number: 1, Count: 250,
				P50: 0.012, P90: 0.012, P99: record.Float(ms / 1000), Throughput: 50,
			}},
		})
	}
	if change != nil {
		change(&b)
	}
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chaosgate-baseline.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

// read reads a baseline as a spec's setup does.
func read(t *testing.T, path string) baseline.Baseline {
	t.Helper()
	b, err := baseline.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// nothingAccepted is the baseline before the first run is accepted.
func nothingAccepted(t *testing.T) baseline.Baseline {
	t.Helper()
	return read(t, filepath.Join(t.TempDir(), "none.json"))
}

// alike is n accepted runs whose p99 lies a little above 12 ms.
func alike(n int) []float64 {
	p99 := make([]float64, n)
	for i := range p99 {
		p99[i] = 12 + float64(i)/100
	}
	return p99
}

// sold is a window of the spec "sells" whose slowest samples take so long.
func sold(t *testing.T, slowest time.Duration) *probe.Window {
	t.Helper()
	w := window(250, taking(slowest), upTo(5)...)
	return w.FromSpec("sells", 1)
}

func TestBaselineMatched(t *testing.T) {
	accepted := acceptedRuns(t, nil, alike(19)...)
	w := sold(t, 13*time.Millisecond)
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchBaseline(accepted)) })
	expect(t, fmt.Sprintf(`Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, no error, p50 12ms, p99 13ms
not to match the baseline %s
but no metric is shown to be worse beyond its limit, and worse than this is ruled out with 95 %% confidence each: error rate +1.2 points, p50 +3.6 %%, p90 +3.6 %%, p99 +11 %%, throughput -3.5 %%; 5 metrics of 1 run against 19 accepted runs`, accepted.Path),
		func(g Gomega) { g.Expect(w).NotTo(MatchBaseline(accepted)) })
	j := w.Record().Judgements
	if len(j) != 1 || j[0].Outcome != record.Kept || j[0].Objective != "no worse than the baseline" {
		t.Errorf("judgements %+v", j)
	}
}

func TestBaselineWorse(t *testing.T) {
	accepted := acceptedRuns(t, nil, alike(19)...)
	w := sold(t, 40*time.Millisecond)
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(MatchBaseline(accepted)) })
	expect(t, fmt.Sprintf(`Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, no error, p50 12ms, p99 40ms
to match the baseline %s
but worse than the baseline: p99 40ms, usually 12.09ms, +231 %% (+219 %% to +243 %%); 5 metrics of 1 run against 19 accepted runs, p 0.00025 at alpha 5 %%`, accepted.Path),
		func(g Gomega) { g.Expect(w).To(MatchBaseline(accepted)) })
	expect(t, "", func(g Gomega) {
		g.Expect(w).To(MatchBaseline(accepted, Margin(100*Percent), Floor(28*time.Millisecond)))
	})
	if text := failure(func(g Gomega) { g.Expect(w).To(MatchBaseline(accepted, Margin(20*Percent), Floor(time.Millisecond))) }); !strings.Contains(text, " within margin 20 % and floor 1ms\nbut worse") {
		t.Errorf("failed with\n%s", text)
	}
}

func TestBaselineOfSeveralRuns(t *testing.T) {
	accepted := acceptedRuns(t, nil, alike(10)...)
	three := func(slowest time.Duration) []*probe.Window {
		return []*probe.Window{sold(t, slowest), sold(t, slowest+time.Millisecond), sold(t, slowest+2*time.Millisecond)}
	}
	expect(t, "", func(g Gomega) { g.Expect(three(12 * time.Millisecond)).To(MatchBaseline(accepted, Alpha(0.01))) })
	text := failure(func(g Gomega) { g.Expect(three(40 * time.Millisecond)).To(MatchBaseline(accepted, Alpha(0.01))) })
	if !strings.Contains(text, "but worse than the baseline: p99 40.99ms, usually 12.04ms, +240 % (+232 % to +249 %); 5 metrics of 3 runs against 10 accepted runs, p 0.0087 at alpha 1 %") {
		t.Errorf("failed with\n%s", text)
	}
}

func TestBaselineUndecidedFailsInBothPolarities(t *testing.T) {
	elsewhere := func(b *baseline.Baseline) {
		for i := range b.Runs {
			b.Runs[i].Environment.CPUs = 1000
		}
	}
	for name, c := range map[string]struct {
		accepted baseline.Baseline
		want     string
	}{
		"no file":           {nothingAccepted(t), "undecided: no run is accepted: run `chaosgate run --collect` and `chaosgate baseline accept`, and commit the file"},
		"too few runs":      {acceptedRuns(t, nil, alike(9)...), "undecided: the window has 9 of the 10 accepted runs that 1 run of now needs at alpha 5 %: accept more"},
		"no such window":    {acceptedRuns(t, func(b *baseline.Baseline) { b.Runs[0].Windows[0].Spec = "pays" }, 12), "undecided: no accepted run has this window: accept runs of the spec as it is now, under a text that no other spec has"},
		"its second window": {acceptedRuns(t, func(b *baseline.Baseline) { b.Runs[0].Windows[0].Number = 2 }, 12), "undecided: no accepted run has this window: accept runs of the spec as it is now, under a text that no other spec has"},
		"elsewhere":         {acceptedRuns(t, elsewhere, alike(19)...), "undecided: the baseline cannot be used here: it holds runs of another environment only ("},
	} {
		w := sold(t, 12*time.Millisecond)
		for _, assert := range []func(Gomega){
			func(g Gomega) { g.Expect(w).To(MatchBaseline(c.accepted)) },
			func(g Gomega) { g.Expect(w).NotTo(MatchBaseline(c.accepted)) },
		} {
			if text := failure(assert); !strings.Contains(text, c.want) {
				t.Errorf("%s: failed with\n%s", name, text)
			}
		}
		if j := w.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Undecided {
			t.Errorf("%s: judgements %+v", name, j)
		}
	}
}

func TestBaselineBeingCollectedFailsNothing(t *testing.T) {
	t.Setenv(record.CollectVariable, "1")
	w := sold(t, 12*time.Millisecond)
	expect(t, "", func(g Gomega) { g.Expect(w).To(MatchBaseline(nothingAccepted(t))) })
	if j := w.Record().Judgements; len(j) != 1 || j[0].Outcome != record.Undecided {
		t.Errorf("judgements %+v", j)
	}
	// What can be decided still is.
	accepted := acceptedRuns(t, nil, alike(19)...)
	expect(t, "", func(g Gomega) { g.Expect(sold(t, 40*time.Millisecond)).NotTo(MatchBaseline(accepted)) })
}

func TestBaselineRefusesBadInput(t *testing.T) {
	good := acceptedRuns(t, nil, alike(19)...)
	w := sold(t, 12*time.Millisecond)
	other := probe.NewWindow("GET http://bank:8080/", noon, noon, []probe.Sample{healthy(0)})
	twice := acceptedRuns(t, func(b *baseline.Baseline) {
		again := b.Runs[0].Windows[0]
		again.Suite = "bank"
		b.Runs[0].Windows = append(b.Runs[0].Windows, again)
	}, alike(19)...)
	for want, c := range map[string]struct {
		actual  any
		matcher OmegaMatcher
	}{
		"the baseline was not read: give what baseline.Read returns":                   {w, MatchBaseline(baseline.Baseline{})},
		"alpha 0: must be above 0":                                                     {w, MatchBaseline(good, Alpha(0))},
		"margin -1: must be from 0 to 10":                                              {w, MatchBaseline(good, Margin(-1))},
		"floor -1s: must not be negative":                                              {w, MatchBaseline(good, Floor(-time.Second))},
		"expects a *probe.Window, such as Load returns, or several":                    {7, MatchBaseline(good)},
		"Got:\n    <[]*probe.Window | len:0>":                                          {[]*probe.Window{}, MatchBaseline(good)},
		"the window has no sample":                                                     {window(0, nil), MatchBaseline(good)},
		"of GET http://shop:8080/checkout and of GET http://bank:":                     {[]*probe.Window{w, other}, MatchBaseline(good)},
		`the baseline has the spec "sells" in two suites, "shop" and "bank": give one`: {w, MatchBaseline(twice)},
	} {
		if ok, err := c.matcher.Match(c.actual); ok || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
		if text := c.matcher.FailureMessage(c.actual); !strings.Contains(text, "to match the baseline") {
			t.Errorf("message: %s", text)
		}
	}
}
