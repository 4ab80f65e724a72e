// Package stats is the arithmetic behind the matchers and the gate: pure
// functions of counts and numbers, with no clock and no randomness.
//
// Tests on a rate, such as an error rate or the share of requests slower than a
// limit, are e-processes: an e-value of 1/alpha or more shows the claim, and
// alpha bounds the probability of a false one over all looks together (Ville's
// inequality). So a matcher may look as often as it likes. Comparisons of whole
// runs are exact rank-sum tests, corrected over metrics by Holm's method.
package stats
