// Package stats is the arithmetic behind the matchers and the gate: pure functions
// of counts and numbers, with no clock and no randomness of their own. This page is
// for those who write specs: what a verdict means, and how much load it takes.
//
// # What alpha means
//
// Alpha is how often you accept to be told something wrong: at 5 %, a healthy
// service fails a matcher in at most one of twenty specs, and a service that breaks
// its objective passes in at most one of twenty. It is a bound for the worst case,
// a service exactly at the limit; others are called wrong much less often. With
// many specs choose it smaller: 20 matchers at 5 % raise a false alarm in up to 64 %
// of the suites (1 - 0.95^20), at 0.1 % in 2 %. A smaller alpha costs little load.
//
// # Why you may look again and again
//
// Eventually and Consistently look up to hundreds of times. A usual test at 5 %, looked
// at 100 times while data come in, is wrong not in 5 but in 37 % of the cases, since it
// gets 100 chances to be. The tests here are e-processes: capital that grows only by bets
// against the hypothesis, fair or worse while it is true. By Ville's inequality fair bets
// ever reach 1/alpha times the stake with a probability of at most alpha, over all
// looks together. So a claim is shown when the e-value is 1/alpha or more, at whatever look,
// and more data may be collected because the last look was not clear.
//
// # What undecided means
//
// Too little evidence is neither a pass nor a failure: a matcher then returns an error that
// says how many more samples, windows or runs would do. Load for longer or at a higher rate,
// choose a larger margin or a limit further away, or judge something that shows
// up faster: errors before latencies, p90 before p99. Do not repeat until it is green.
//
// # How many requests
//
// At alpha 5 %. A window keeps its objective when the observed rate is within the limit
// and five times the limit is ruled out. Kept: requests that do so without an event (an
// error, or one slower than the limit), and in 9 of 10 cases at half of the limit.
// Violated: requests that show a rate of five times the limit in 9 of 10 cases. Proved:
// requests that show the rate to be below the limit, without an event, and in 9 of 10
// cases at a tenth of the limit.
//
//	limit         kept, no event   at half   violated   proved, no event   at a tenth
//	0.1 %                    836      5000       1995               4187         8645
//	1 %, or p99               82       500        197                417          862
//	5 %, or p95               16       100         34                 82          170
//	10 %, or p90               7        40         15                 40           84
//
// A service exactly at its limit of 5 % is kept in 61, 52 and 55 % of windows with 120, 250
// and 500 requests, one at half of it in 97, 99 and 100 %. So choose a limit that a healthy
// service is well below.
//
// Against a control window with half of the requests, at 1 % errors in the control, beyond
// MatchControl's margin of 25 % and with half of alpha, since latencies have the other:
// errors of both, and pairs of requests, that show it in 9 of 10 cases.
//
//	candidate fails   errors   pairs
//	twice as often       361   12069
//	3 times             103    2619
//	5 times              45     766
//	10 times             25     230
//
// Windows in which one member is always beyond the margin until it is named, and in 9 of 10
// cases if it is in 90 % of the windows; latencies have [LatencyShare] of alpha. Healthy
// members are cleared after 6 windows, and of errors after 98 requests each if there are
// none.
//
//	members   always   in 90 %
//	3              9        24
//	5              9        25
//	10            11        30
//	100           14        38
//
// Runs against a baseline: the least p-value there can be, and the probability to see a
// shift of one metric by 2, 3 and 4 standard deviations of its spread from run to run. One
// of several metrics takes more, but a gross shift is seen among hundreds.
//
//	accepted   candidates   least p     2     3     4
//	19                  1    0.0500  0.56  0.85  0.97
//	10                  2    0.0152  0.63  0.92  0.99
//	10                  3    0.0035  0.81  0.98  1.00
//	20                  3    0.0006  0.89  0.99  1.00
//
// The numbers are those of [Bernoulli.SamplesToShow], [Bernoulli.StoppingTime],
// [Conditional.RequestsToTell], [WindowsToFlag], [WindowsToFlagByRank], [WindowsToClear],
// [RequestsToClear], [Objective] and [PlanRuns], which answer for other cases.
//
// # Which test is behind which matcher, and when not to trust it
//
// KeepErrorRateBelow, KeepLatencyBelow and KeepAvailabilityAbove are a one-sided
// e-process on a rate ([Above], [Below]): that p99 is below a limit is that fewer than
// 1 % are slower. Requests need not be independent, but the rate must hold at each:
// what was shown in a quiet minute says nothing of a busy one, and a window that was chosen
// because it looked bad proves nothing.
//
// MatchControl is [Conditional] on whose the errors are, and [Latency] on pairs of
// latencies. Both stand a drift that hits both windows alike. They cannot tell the fault from
// anything else that changed between the windows: run them side by side.
//
// MatchBaseline and the gate are one exact permutation test over whole runs
// ([CompareRuns]), which holds alpha over all metrics; [HodgesLehmann] says by how much
// one is worse. A run is one value a metric, because requests of one run resemble
// each other: pooled over runs they raise false alarms, more the more there are. Runs must
// be exchangeable: the same machine, load and order, and no trend over time.
//
// HaveNoOutliers is [Fleet] on latencies and [FleetErrors] on errors. The first holds for
// members that differ a little for ever and for noise that lasts; it fails if one member is
// on worse hardware by more than the margin, which is true and not what you asked. The second
// needs the members' requests to be alike. [FleetRank] is faster and holds only for
// exchangeable windows: a busy neighbour that stays makes it wrong nearly always.
//
// Clocks ([Agree]) and versions ([Majority]) are compared without chance. Containers on one
// kernel share its clock. After so few recoveries as a suite has, [FailuresBound] says how
// often they may fail still: 95, 63 or 26 % after 1, 3 or 10 without failure.
//
// # Why not the usual rules
//
// "Further than 3.5 deviations", estimated by the median absolute deviation, names a member of
// 29, 21 and 13 % of healthy fleets of 3, 5 and 10. "Beyond three sigma" can name nobody in a fleet of 10 or fewer: the
// largest possible deviation is (n-1)/sqrt(n). "Worse by 2 %" on machines whose runs spread
// by 2.66 % is a false alarm in 45 % of the benchmarks, better or worse. "Fail as soon as the
// observed rate exceeds the limit", looked at 100 times, 20 requests apart, fails 45 % of
// the services at half the limit.
package stats
