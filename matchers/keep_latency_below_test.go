package matchers_test

import (
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

func TestQuantileKept(t *testing.T) {
	w := window(250, taking(1200*time.Millisecond), 100)
	expect(t, "", func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(time.Second, P99)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, no error, p50 12ms, p99 12ms
not to keep its p99 latency below 1s
but 1 of 250 samples took longer than 1s or failed (0.4 %, allowed 1 %), p99 12ms; with 95 % confidence fewer than 2.29 % do
e-value 0.0569, p 1: at alpha 5 % an e-value of 20 would show a violation, however often one looks
the slowest of them:
    at 2s: 200 OK in 1.2s (ok)`,
		func(g Gomega) { g.Expect(w).NotTo(KeepLatencyBelow(time.Second, P99)) })
	if j := w.Record().Judgements; len(j) != 1 || j[0].Objective != "p99 latency below 1s" || j[0].Value != 0.012 || j[0].Threshold != 1 {
		t.Errorf("judgements %+v", j)
	}
}

func TestQuantileViolated(t *testing.T) {
	w := window(250, taking(1200*time.Millisecond), spread(10, 250)...)
	slower := w.Samples()
	slower[37].Latency = 1700 * time.Millisecond
	failing(&slower[12])
	w = probe.NewWindow(checkout, w.Start(), w.End(), slower)
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(KeepLatencyBelow(time.Second, P99)) })
	expect(t, `Expected
    GET http://shop:8080/checkout: 250 samples in 5s from 12:00:00.000, 1 error (1 status 5xx), p50 12ms, p99 1.2s
to keep its p99 latency below 1s
but 10 of 250 samples took longer than 1s or failed (4 %, allowed 1 %), p99 1.2s; with 95 % confidence more than 1.48 % do, and its p99 is 1.2s or more
e-value 302, p 0.00332: at alpha 5 % an e-value of 20 shows a violation, however often one looks
the slowest of them:
    at 740ms: 200 OK in 1.7s (ok)
    at 240ms: 503 Service Unavailable in 1.2s (status 5xx)
    at 1.24s: 200 OK in 1.2s (ok)
    at 1.74s: 200 OK in 1.2s (ok)
    at 2.24s: 200 OK in 1.2s (ok)`,
		func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(time.Second, P99)) })
}

// The least quantile in the message is the largest limit that the window violates.
func TestQuantileIsAtLeast(t *testing.T) {
	w := window(250, nil)
	samples := w.Samples()
	for i := range samples {
		samples[i].Latency = time.Duration(i+1) * time.Millisecond
		if i%50 == 0 {
			failing(&samples[i])
		}
	}
	w = probe.NewWindow(checkout, w.Start(), w.End(), samples)
	text := failure(func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(100*time.Millisecond, P90)) })
	found := regexp.MustCompile(`and its p90 is (\S+) or more`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("failed with\n%s", text)
	}
	least, err := time.ParseDuration(found[1])
	if err != nil || least <= 100*time.Millisecond {
		t.Fatalf("the p90 is %s or more, want more than the limit of 100ms, which is violated: %v", found[1], err)
	}
	expect(t, "", func(g Gomega) { g.Expect(w).NotTo(KeepLatencyBelow(least-time.Microsecond, P90)) })
	if kept, err := KeepLatencyBelow(least, P90).Match(w); err == nil && !kept {
		t.Errorf("a limit of %s is violated as well", least)
	}
}

// The least quantile in the message is not rounded up to one that is not shown.
func TestLeastQuantileIsNotRoundedUp(t *testing.T) {
	w := window(250, taking(1005100*time.Microsecond), upTo(250)...)
	for limit, want := range map[time.Duration]string{
		time.Millisecond:           "and its p50 is 1.0051s or more",
		1004 * time.Millisecond:    "and its p50 is 1.0051s or more",
		1005 * time.Microsecond:    "and its p50 is 1.0051s or more",
		1005099 * time.Microsecond: "and its p50 is 1.0051s or more",
	} {
		if text := failure(func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(limit, P50)) }); !strings.Contains(text, want) {
			t.Errorf("limit %s: failed with\n%s", limit, text)
		}
	}
	w = window(250, taking(1004900*time.Microsecond), upTo(250)...)
	for limit, want := range map[time.Duration]string{
		time.Millisecond:        "and its p50 is 1s or more",
		1002 * time.Millisecond: "and its p50 is 1.0049s or more",
	} {
		if text := failure(func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(limit, P50)) }); !strings.Contains(text, want) {
			t.Errorf("limit %s: failed with\n%s", limit, text)
		}
	}
}

func TestFailingFastIsNotFast(t *testing.T) {
	w := window(250, failing, spread(20, 250)...)
	text := failure(func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(time.Second, P95, Alpha(0.01))) })
	if text != "" && !strings.Contains(text, "p95 is one that failed") {
		t.Errorf("failed with\n%s", text)
	}
	text = failure(func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(time.Second, P99)) })
	if !strings.Contains(text, "but 20 of 250 samples took longer than 1s or failed (8 %, allowed 1 %), p99 is one that failed; with") {
		t.Errorf("failed with\n%s", text)
	}
	if value := w.Record().Judgements[1].Value; !math.IsInf(float64(value), 1) {
		t.Errorf("the recorded p99 is %v, want one without end", value)
	}
}

func TestALatencyAtTheLimitKeepsIt(t *testing.T) {
	w := window(250, taking(time.Second), upTo(250)...)
	expect(t, "", func(g Gomega) { g.Expect(w).To(KeepLatencyBelow(time.Second, P99)) })
}

func TestAnyQuantileHasAName(t *testing.T) {
	for q, want := range map[Quantile]string{P50: "p50", P90: "p90", P95: "p95", P99: "p99", Quantile(0.999): "p99.9", 99.99 * Percent: "p99.99"} {
		if text := KeepLatencyBelow(time.Second, q).FailureMessage(window(10, nil)); !strings.Contains(text, "to keep its "+want+" latency below 1s") {
			t.Errorf("failed with\n%s", text)
		}
	}
}

func TestQuantileUndecided(t *testing.T) {
	w := window(10, nil)
	want := "undecided: 0 of 10 samples took longer than 1s or failed (0 %, allowed 5 %), p95 12ms: " +
		"too little to tell a rate of 5 % from one of 25 % at alpha 5 %: 12 samples are needed if no more of them do, " +
		"and 45 to see a rate of 25 % with 90 % probability: load for longer or at a higher rate (GET http://shop:8080/checkout)"
	if ok, err := KeepLatencyBelow(time.Second, P95).Match(w); ok || err == nil || unmarked(err) != want {
		t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
	}
}

func TestQuantileRefusesBadInput(t *testing.T) {
	w := window(250, nil)
	for want, matcher := range map[string]OmegaMatcher{
		"KeepLatencyBelow(1s, p0): quantile 0: must be above 0 and below 1: use P50, P90, P95, P99, or Quantile(0.999) for p99.9":     KeepLatencyBelow(time.Second, Quantile(0)),
		"KeepLatencyBelow(1s, p100): quantile 1: must be above 0 and below 1: use P50, P90, P95, P99, or Quantile(0.999) for p99.9":   KeepLatencyBelow(time.Second, Quantile(1)),
		"KeepLatencyBelow(1s, p9900): quantile 99: must be above 0 and below 1: use P50, P90, P95, P99, or Quantile(0.999) for p99.9": KeepLatencyBelow(time.Second, Quantile(99)),
		"KeepLatencyBelow(1s, pNaN): quantile NaN: must be above 0 and below 1: use P50, P90, P95, P99, or Quantile(0.999) for p99.9": KeepLatencyBelow(time.Second, Quantile(math.NaN())),
		"KeepLatencyBelow(0s, p99): limit 0s: must be above 0":                                                                        KeepLatencyBelow(0, P99),
		"KeepLatencyBelow(-1s, p99): limit -1s: must be above 0":                                                                      KeepLatencyBelow(-time.Second, P99),
	} {
		if ok, err := matcher.Match(w); ok || err == nil || err.Error() != want {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
	}
}
