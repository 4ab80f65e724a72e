// Package matchers holds Gomega matchers for what probes and faults leave
// behind: samples, windows, fleets and injections. A matcher judges a snapshot and
// keeps nothing, so it may be polled, negated, and asked for its message at any
// time.
//
// The statistical ones have three outcomes. Kept means that what was observed is within
// the limit, and that much worse is ruled out. Violated means that a breach is shown.
// Undecided is an error, so it fails Should and ShouldNot alike: it is never a silent
// pass, and says what was observed and how much more is needed.
//
// KeepErrorRateBelow, KeepLatencyBelow and KeepAvailabilityAbove judge a window against a
// limit, MatchControl against another window, and HaveNoOutliers and HaveOutlier the members
// of a fleet against each other. They hold their level alpha over all looks together,
// however often they are polled; see ProofOption. MatchBaseline judges a whole load against
// accepted runs, once, at the load's end.
//
// AgreeOnClock and RunTheSameVersion are exact and have no alpha. Package stats
// explains the tests, and how many requests they need.
package matchers

// Percent turns a number into a share: 1 * Percent is 0.01. It is an untyped constant, so
// that it multiplies into every type that holds a share, those of faults as well.
const Percent = 0.01
