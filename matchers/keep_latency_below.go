package matchers

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/units"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// Quantile is the share of the samples that must take no longer than the limit of
// KeepLatencyBelow. Quantile(0.999) is p99.9.
type Quantile float64

// The most common quantiles.
const (
	P50 Quantile = 0.50
	P90 Quantile = 0.90
	P95 Quantile = 0.95
	P99 Quantile = 0.99
)

// String is "p99" or "p99.9".
func (q Quantile) String() string { return fmt.Sprintf("p%.6g", float64(q)*100) }

func (q Quantile) validate() error {
	if !(q > 0 && q < 1) {
		return fmt.Errorf("quantile %v: must be above 0 and below 1: use P50, P90, P95, P99, or Quantile(0.999) for p99.9", float64(q))
	}
	return nil
}

// KeepLatencyBelow succeeds when the samples of a *probe.Window show that a quantile of
// the latency stays at or below limit, which is above 0:
//
//	Expect(sold).To(KeepLatencyBelow(time.Second, P99))
//
// A failed sample counts as slower than limit, however fast it failed. With P99 the matcher
// works like KeepErrorRateBelow(1 * Percent), where each slower sample is an error. It assumes
// nothing about how latencies are distributed. While a load goes on, its first second alone
// is no violation, because a service that has just started is slow.
//
// A sample that this machine started late, by more than a quarter of limit and more than
// 100 ms, is no evidence. More than 3 of these and 5 % of a load are a failure of the tool,
// never a violation.
func KeepLatencyBelow(limit time.Duration, q Quantile, options ...ObjectiveOption) types.GomegaMatcher {
	slower := 1 - float64(q)
	o := objective{
		matcher: "KeepLatencyBelow", call: fmt.Sprintf("KeepLatencyBelow(%s, %s)", limit, q),
		phrase: fmt.Sprintf("keep its %s latency below %s", q, limit), short: fmt.Sprintf("%s latency below %s", q, limit),
		limit: slower, threshold: limit.Seconds(), verb: fmt.Sprintf("took longer than %s or failed", limit),
		event: func(s *probe.Sample) bool { return !s.Healthy() || s.Latency > limit }, key: slowerKey(limit),
		value: func(w *probe.Window) (float64, string) { return observedQuantile(w, q) },
		shown: func(w *probe.Window, rule stats.Objective) string { return shownQuantile(w, limit, q, rule) },
		warms: true, lateAfter: max(limit/4, probe.LateAfter),
		worst: slowest,
		title: "the slowest of them",
	}
	o.invalid = q.validate()
	if limit <= 0 {
		o.invalid = fmt.Errorf("limit %s: must be above 0", limit)
	}
	return o.with(options)
}

// observedQuantile is the quantile of all samples in seconds. Failed samples count as
// slower than any other, so it is infinite when it falls on one of them.
func observedQuantile(w *probe.Window, q Quantile) (seconds float64, text string) {
	if w.N() == 0 {
		return math.NaN(), ""
	}
	healthy := float64(w.N()-w.Errors()) / float64(w.N())
	latency, ok := w.Quantile(float64(q) / math.Max(healthy, float64(q)))
	if !ok || float64(q) > healthy {
		return math.Inf(1), fmt.Sprintf("%s is one that failed", q)
	}
	return latency.Seconds(), fmt.Sprintf("%s %s", q, units.Round(latency))
}

// shownQuantile says how bad the quantile is at least: the longest limit that the same
// test shows it to be above.
func shownQuantile(w *probe.Window, limit time.Duration, q Quantile, rule stats.Objective) string {
	n := w.N()
	events := sort.Search(n, func(events int) bool { return rule.Violated(events, n) })
	if events <= w.Errors() {
		return "" // it is a failed sample, and the observed quantile says so
	}
	latency, _ := w.Quantile(float64(n-events+1) / float64(n-w.Errors()))
	least := units.Round(latency)
	if least > latency || least <= limit {
		least = latency // rounded it would be untrue, or would not look like a violation
	}
	return fmt.Sprintf(", and its %s is %s or more", q, least)
}

// slowest orders samples by latency, the longest first.
func slowest(samples []probe.Sample) []probe.Sample {
	slices.SortStableFunc(samples, func(a, b probe.Sample) int { return cmp.Compare(b.Latency, a.Latency) })
	return samples
}

// slowerKey is the key under which a window remembers how many of its samples took
// longer than this, or failed.
type slowerKey time.Duration
