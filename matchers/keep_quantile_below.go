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
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// KeepQuantileBelow succeeds when the samples of a *probe.Window show that the
// quantile q of the latency stays at or below limit: at most a share 1-q of the
// samples takes longer. A sample that failed counts as one that took longer,
// however fast it failed.
//
//	Expect(sold).To(KeepQuantileBelow(0.99, time.Second))
//
// It is KeepErrorRateBelow(1-q) with these samples for errors, and needs no
// assumption on how latencies are distributed. q is above 0 and below 1, limit
// above 0.
func KeepQuantileBelow(q float64, limit time.Duration, options ...ObjectiveOption) types.GomegaMatcher {
	name := fmt.Sprintf("p%.6g", q*100)
	o := objective{
		matcher: "KeepQuantileBelow", call: fmt.Sprintf("KeepQuantileBelow(%v, %s)", q, limit),
		phrase: fmt.Sprintf("keep its %s latency below %s", name, limit), short: fmt.Sprintf("%s latency below %s", name, limit),
		limit: 1 - q, threshold: limit.Seconds(), verb: fmt.Sprintf("took longer than %s or failed", limit),
		event: func(s *probe.Sample) bool { return !s.Healthy() || s.Latency > limit }, key: slowerKey(limit),
		value: func(w *probe.Window) (float64, string) { return observedQuantile(w, q, name) },
		shown: func(w *probe.Window, alpha float64) string { return shownQuantile(w, limit, 1-q, alpha, name) },
		worst: slowest,
		title: "the slowest of them",
	}
	switch {
	case !(q > 0 && q < 1):
		o.invalid = fmt.Errorf("quantile %v: must be above 0 and below 1: write 0.99 for p99", q)
	case limit <= 0:
		o.invalid = fmt.Errorf("limit %s: must be above 0", limit)
	}
	return o.with(options)
}

// observedQuantile is the quantile of all samples, in seconds, where those that
// failed are slower than any other: infinite when it falls on one of them.
func observedQuantile(w *probe.Window, q float64, name string) (seconds float64, text string) {
	if w.N() == 0 {
		return math.NaN(), ""
	}
	healthy := float64(w.N()-w.Errors()) / float64(w.N())
	latency, ok := w.Quantile(q / math.Max(healthy, q))
	if !ok || q > healthy {
		return math.Inf(1), fmt.Sprintf("%s is one that failed", name)
	}
	return latency.Seconds(), fmt.Sprintf("%s %s", name, probe.Round(latency))
}

// shownQuantile is the longest limit of which the same test shows that the quantile
// is above, the share slower being what a limit allows: how bad it is at the least.
func shownQuantile(w *probe.Window, limit time.Duration, slower, alpha float64, name string) string {
	n := w.N()
	events := sort.Search(n, func(events int) bool { return stats.Above(slower).Shows(events, n, alpha) })
	if events <= w.Errors() {
		return "" // it is one that failed, which the observed one says
	}
	latency, _ := w.Quantile(float64(n-events+1) / float64(n-w.Errors()))
	least := probe.Round(latency)
	if least > latency || least <= limit {
		least = latency // what is rounded would be untrue, or would not seem violated
	}
	return fmt.Sprintf(", and its %s is %s or more", name, least)
}

// slowest orders samples by latency, the longest first.
func slowest(samples []probe.Sample) []probe.Sample {
	slices.SortStableFunc(samples, func(a, b probe.Sample) int { return cmp.Compare(b.Latency, a.Latency) })
	return samples
}

// slowerKey is under what a window remembers how many of its samples took
// longer than this, or failed.
type slowerKey time.Duration
