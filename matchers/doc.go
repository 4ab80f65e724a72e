// Package matchers holds Gomega matchers for what probes and faults leave behind: samples,
// windows, fleets and injections. A matcher judges a snapshot and keeps nothing, so it may be
// polled, negated, and asked for its message at any time.
//
// # Three outcomes
//
// A statistical matcher has three outcomes. Kept means that the observed value is within the
// limit, and a much worse one is ruled out. Violated means that a breach is shown. Undecided
// is an error, so it fails Should and ShouldNot alike. It is never a silent pass, and its text
// says what was observed and how much more is needed.
//
// KeepErrorRateBelow, KeepLatencyBelow, KeepAvailabilityAbove, MatchControl, HaveNoOutliers
// and HaveOutlier hold their level alpha over all looks together, however often they are
// polled; see ProofOption. MatchBaseline judges whole loads, once, at their end. AgreeOnClock
// and RunTheSameVersion are exact and have no alpha.
//
// # Bursts
//
// Ten failed requests in a row are one episode, and not ten pieces of evidence. So the
// objectives measure in the window itself whether errors, or slow answers, lie closer together
// than independent ones hardly ever do. Then bursts of about 5 count as one sample in 5, and
// the text says so. Alpha holds for services at half of their limit with bursts of up to 10
// errors, and for quantiles from p95 up with a quarter of room under garbage collection,
// periodic jobs, and noise that lasts up to two seconds at 50 requests a second. An episode
// longer than 20 samples and a tenth of the window is an outage, which counts as more than
// one. A window without a burst says nothing about the bursts of other times.
//
// # A machine that is late
//
// What the load generator itself starts late is in Sample.Lag, and not in the latency.
// KeepLatencyBelow and MatchControl leave samples out that started more than 100 ms late; for
// KeepLatencyBelow it is a quarter of its limit if that is more. When these are more than 3
// and more than 5 % of a load, the matcher fails as the tool's fault in both polarities.
//
// # Outliers
//
// HaveNoOutliers and HaveOutlier compare the members of a fleet with each other. They judge
// latencies by windows (FleetWindow.Spans). A member is cleared when it is shown to be beyond
// the margin in fewer than half of them. They judge errors by requests. A member is cleared
// when it was not observed to fail more often than its peers by Margin or one request in a
// hundred, and much more is ruled out. Alpha bounds the probability of naming any healthy
// member. At alpha 5 % it takes about 10 windows to clear a member and 6 to name one. A fleet
// is undecided when half of its members fail most of their requests.
//
// One more look at a load that has ended, with 100 requests or more to each member, compares
// all requests by rank. It names a member shown to be beyond the margin, and clears one that
// is observed within it when twice the margin is ruled out; and of errors, one observed to
// fail no more often than its peers by 2.5 points, when 10 points are ruled out. A fleet of
// five at 20/s for 10 s is then decided, also with 1 % errors or a cache that hits half of the
// time. A member is named only if it differs from its peers by more than they differ from each
// other, so that healthy members under noise that lasts as long as the load are not. Errors in
// bursts count less.
//
// # The control
//
// MatchControl pairs the first sample of the window with the first of its control, and so on.
// Samples without a partner are not used, and a window is undecided when more than one of its
// samples in twenty has none. Errors are compared by odds, and latencies in the pairs where
// both samples were answered; errors have three tenths of alpha, and latencies the rest. A
// window is kept when neither is observed to be worse, and 5 percentage points more errors and
// 25 percentage points more samples above the median are ruled out. Errors are observed to be
// worse from one percentage point more that Margin does not allow. Latencies are when, with
// Margin and Floor added to the control, the window lies above the median more often, or above
// a higher quantile more often by 5 % of the pairs. A window that is better than its control
// is no violation.
//
// Pairs that are like their neighbours, and errors in bursts, count less, and the message says
// so. So alpha holds under garbage collection, periodic jobs, error bursts of up to 10, and
// noise that lasts up to a fifth of the window. While a load goes on, latencies decide nothing
// in its first three seconds, and its first second, in which a service may warm up, is left
// out. One more look when the load has ended sees smaller differences: latencies longer by
// half in 250 pairs.
//
// # The baseline
//
// MatchBaseline finds the window by its spec, its probe, and its number among the probe's
// windows in that spec. It compares run with run (baseline.Compare). A window matches when
// there are enough runs to show a regression, and no metric lies beyond every accepted run by
// more than Margin. While the baseline is Collecting, an undecided window does not fail To and
// Should. A window that still grows is undecided, and Eventually waits for its end.
//
// # Clocks and versions
//
// The test process reads its own clock before each request and after each answer. The time
// that a member reports lies between the two, so its offset lies in an interval that is
// certain and that each answer can make shorter. Clocks disagree when two intervals lie too
// far apart. A version that differs from that of more than half of the members is named.
//
// Package stats explains the tests, and how many requests they need.
package matchers

// Percent turns a number into a share: 1 * Percent is 0.01. It is an untyped constant, so it
// works with every type that holds a share, including those of faults.
const Percent = 0.01
