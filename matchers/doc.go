// Package matchers holds Gomega matchers for what probes and faults leave
// behind: samples, windows and injections. A matcher judges a snapshot and keeps
// nothing, so it may be polled, negated, and asked for its message at any time.
//
// KeepErrorRateBelow and KeepQuantileBelow hold their level alpha over all looks
// together, however often they are polled. They have three outcomes: kept,
// violated, and undecided. Undecided is an error and so fails Should and
// ShouldNot alike: it is never a silent pass.
package matchers

// Percent turns a number into a share: 1 * Percent is 0.01.
const Percent = 0.01
