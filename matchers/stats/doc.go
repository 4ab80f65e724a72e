// Package stats is the arithmetic behind the matchers and the gate: pure functions
// of counts and numbers, without clocks or randomness. This page tells authors of specs
// what a verdict means, and how much load it takes.
//
// # What alpha means
//
// Alpha is how often you accept a wrong verdict: at 5 %, a healthy
// service fails a matcher in at most one of twenty specs, and a service that breaks
// its objective passes in at most one of twenty. It is a bound for the worst case,
// a service exactly at the limit; others get a wrong verdict much less often. With
// many specs choose it smaller: 20 matchers at 5 % raise a false alarm in up to 64 %
// of the suites (1 - 0.95^20), at 0.1 % in 2 %. A smaller alpha costs little load.
//
// # Why you may look again and again
//
// Eventually and Consistently look up to hundreds of times. A usual test at 5 %, looked
// at 100 times while data come in, is wrong not in 5 but in 37 % of the cases, because it
// gets 100 chances to be. The tests here are e-processes. An e-process is the capital of a
// player who bets against the hypothesis; while the hypothesis is true, the bets are fair or
// worse. By Ville's inequality the capital then ever reaches 1/alpha times the stake with a
// probability of at most alpha, over all looks together. So a claim is shown at any look when
// the e-value is 1/alpha or more, and you may collect more data when a look was not clear.
//
// # What undecided means
//
// Too little evidence is neither a pass nor a failure. A matcher then returns an error that
// says how many more samples, windows or runs would suffice. Load for longer or at a higher rate,
// choose a larger margin or a limit further away, or judge something that shows
// up faster: errors before latencies, p90 before p99. Do not repeat the spec until it passes.
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
//	0.1 %                    664      5000       1995               4187         8645
//	1 %, or p99               65       500        197                417          862
//	5 %, or p95               12       100         34                 82          170
//	10 %, or p90               5        40         15                 40           84
//
// A service exactly at its limit of 5 % is kept in 61, 52 and 55 % of windows with 120, 250
// and 500 requests, one at half of it in 97, 99 and 100 %. So choose a limit that a healthy
// service is well below.
//
// MatchControl, when the control window has half of the requests and 1 % errors. The table
// has the errors of both windows, and the pairs of requests, that show a difference beyond
// the margin of 25 % in 9 of 10 cases. Errors have 30 % of alpha, and latencies the rest.
// Latencies that are longer by half show in 250 pairs.
//
//	candidate fails   errors   pairs
//	twice as often       393   13121
//	3 times             114    2873
//	5 times               50     846
//	10 times              27     253
//
// How many windows it takes to name a member that is always beyond the margin, and, in 9 of
// 10 cases, one that is beyond it in 90 % of the windows. Latencies have [LatencyShare] of
// alpha. Healthy members are cleared after 6 windows, and of errors after 98 requests each if there are
// none.
//
//	members   always   in 90 %
//	3              9        24
//	5              9        25
//	10            11        30
//	100           14        38
//
// Runs against a baseline: the probability to see a shift of one of five metrics by 3, 5, 8
// and 10 standard deviations of its spread from run to run. A shift by half of the p50 of 250
// requests is about 8.
//
//	accepted   candidates   alpha      3       5       8      10
//	3                   3     5 %   55 %    88 %    98 %    99 %
//	10                  3     5 %   96 %   100 %   100 %   100 %
//	10                  1     1 %   16 %    61 %    96 %    99 %
//	20                  1     1 %   26 %    85 %   100 %   100 %
//	20                  3     1 %   95 %   100 %   100 %   100 %
//
// The numbers are those of [Bernoulli.SamplesToShow], [Bernoulli.StoppingTime],
// [Conditional.RequestsToTell], [WindowsToFlag], [WindowsToFlagByRank], [WindowsToClear],
// [RequestsToClear], [Objective] and [PlanRuns], which answer for other cases.
//
// # Which test is behind which matcher, and when not to trust it
//
// KeepErrorRateBelow, KeepLatencyBelow and KeepAvailabilityAbove are a one-sided
// e-process on a rate ([Above], [Below]). A p99 below a limit means that fewer than
// 1 % are slower. Events that come in bursts are counted by [Events], and as many count as
// one as come together, so one episode of ten errors is no proof. Independent events are
// seldom taken for bursts, which costs less than a tenth of the evidence.
// A quiet minute shows nothing about a busy one, and a window that was chosen because it
// looked bad proves nothing.
//
// MatchControl is [Conditional] on which window each error is in, and [Latency] on pairs of
// latencies. Both tolerate a drift that affects both windows equally. Pairs that are like
// their neighbours count less. They cannot tell the fault from anything else that changed
// between the windows, such as a load that wanders more slowly than a fifth of the windows, so keep
// the windows close together.
//
// MatchBaseline and the gate are one test over whole runs ([CompareRuns]), which holds alpha
// over all metrics: a permutation test where there are several candidates, and for a single
// one the distribution that the largest of many values approaches. Each run counts as one value
// of a metric, because requests of one run resemble each other: a test that pools them raises
// more false alarms the more there are. Runs must be exchangeable: the same machine, load and
// order, and no trend over time.
//
// The gate's paired comparison is a test over pairs of runs ([ComparePairs]), which holds alpha
// over all metrics and looks. The two runs of a pair follow each other, so they may be on
// another machine than the next pair, or on one that wanders.
//
// HaveNoOutliers is [Fleet] on latencies and [FleetErrors] on errors. Fleet tolerates members
// that always differ a little, and noise that lasts. It also names a healthy member whose
// hardware is slower by more than the margin. FleetErrors needs the members' requests to be
// alike. [FleetRank] is faster but needs exchangeable windows: with a busy neighbour that
// stays it is nearly always wrong.
//
// Clocks ([Agree]) and versions ([Majority]) are compared exactly. Containers on one
// kernel share its clock. A suite has few recoveries, and [FailuresBound] says how often
// they may still fail: 95, 63 or 26 % after 1, 3 or 10 without failure.
//
// # Why not the usual rules
//
// "Further than 3.5 deviations", estimated by the median absolute deviation, names a member of
// 29, 21 and 13 % of healthy fleets of 3, 5 and 10. "Beyond three sigma" can never name a member of a fleet of 10 or fewer: the
// largest possible deviation is (n-1)/sqrt(n). "Worse by 2 %" on machines whose runs spread
// by 2.66 % is a false alarm in 45 % of the benchmarks, better or worse. "Fail as soon as the
// observed rate exceeds the limit", looked at 100 times, 20 requests apart, fails 45 % of
// the services at half the limit.
package stats
