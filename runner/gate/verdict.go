// Package gate decides whether a run passes. Records and a policy go in; a verdict and
// its words come out. It touches no files, no clock and no processes.
package gate

import "slices"

// Verdict is the gate's answer on a whole run or on one spec.
type Verdict string

// The verdicts.
const (
	Pass           Verdict = "pass"
	Regression     Verdict = "regression"
	Inconclusive   Verdict = "inconclusive"
	ToolFailure    Verdict = "tool failure"
	StoppedByGuard Verdict = "stopped by guard"
)

// precedence is the order in which verdicts decide a run. A proven regression comes
// first, because nothing takes it back. A guard's stop follows: the service came close
// to harm. Then come the tool's failures, which leave a part of the answer out, and too
// little evidence. Verdicts that do not decide are still counted and listed.
var precedence = []Verdict{Regression, StoppedByGuard, ToolFailure, Inconclusive, Pass}

var exitCodes = map[Verdict]int{Pass: 0, Regression: 1, Inconclusive: 3, ToolFailure: 4, StoppedByGuard: 5}

// ExitCode is the command's exit code for the verdict: 0 pass, 1 regression,
// 3 inconclusive, 4 tool failure, 5 stopped by guard. Usage errors exit with 2. An
// unknown verdict counts as a tool failure.
func (v Verdict) ExitCode() int {
	if code, ok := exitCodes[v]; ok {
		return code
	}
	return exitCodes[ToolFailure]
}

// overall is the one of the verdicts that decides, by precedence. Without any verdict it
// is a tool failure, because nothing was judged.
func overall(verdicts ...Verdict) Verdict {
	for _, v := range precedence {
		if slices.Contains(verdicts, v) {
			return v
		}
	}
	return ToolFailure
}
