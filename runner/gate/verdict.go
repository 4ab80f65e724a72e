// Package gate decides whether a run passes: records and a policy go in, a
// verdict in words comes out. It is pure: no files, no clock, no processes.
package gate

import "slices"

// Verdict is the answer to one run, or to one spec of it.
type Verdict string

// The verdicts.
const (
	Pass           Verdict = "pass"
	Regression     Verdict = "regression"
	Inconclusive   Verdict = "inconclusive"
	ToolFailure    Verdict = "tool failure"
	StoppedByGuard Verdict = "stopped by guard"
)

// precedence is the order in which verdicts speak for a run. A proven
// regression comes first, because no later answer takes it back. Then a guard's
// stop, which says that the service got near to harm, then the tool's own
// failure, which says that a part of the answer is missing, then too little
// evidence. What does not speak is still counted and listed.
var precedence = []Verdict{Regression, StoppedByGuard, ToolFailure, Inconclusive, Pass}

var exitCodes = map[Verdict]int{Pass: 0, Regression: 1, Inconclusive: 3, ToolFailure: 4, StoppedByGuard: 5}

// ExitCode is the command's exit code for the verdict: 0 pass, 1 regression,
// 3 inconclusive, 4 tool failure, 5 stopped by guard. 2 is for usage errors. An
// unknown verdict is a tool failure.
func (v Verdict) ExitCode() int {
	if code, ok := exitCodes[v]; ok {
		return code
	}
	return exitCodes[ToolFailure]
}

// Overall is the verdict that speaks for all of them: regression before stopped
// by guard before tool failure before inconclusive before pass. Without any it
// is a tool failure, because nothing was judged.
func Overall(verdicts ...Verdict) Verdict {
	for _, v := range precedence {
		if slices.Contains(verdicts, v) {
			return v
		}
	}
	return ToolFailure
}
