// Package matchers holds Gomega matchers for what probes and faults leave
// behind: samples, windows, fleets and injections. A matcher judges a snapshot and
// keeps nothing, so it may be polled, negated, and asked for its message at any
// time.
//
// The statistical ones hold their level alpha over all looks together, however
// often they are polled: KeepErrorRateBelow, KeepLatencyBelow and
// KeepAvailabilityAbove judge a window against a limit, MatchControl against
// another window, and HaveNoOutliers and HaveOutlier the members of a fleet
// against each other. MatchBaseline judges a whole load against accepted runs,
// and holds its level for the one look at the load's end. They have three outcomes:
// kept, violated, and undecided. Undecided is an error and so fails Should and
// ShouldNot alike: it is never a silent pass. Consistently and Eventually go on
// while a window grows, and fail with it at their end; see ProofOption.
//
// AgreeOnClock and RunTheSameVersion are exact and have no alpha. Package stats
// explains the tests, and how many requests they need.
package matchers

// Percent turns a number into a share: 1 * Percent is 0.01. It is an untyped constant, so
// that it multiplies into every type that holds a share, those of faults as well.
const Percent = 0.01
