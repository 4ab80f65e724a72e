package record

import "fmt"

// Proof says what an injection's evidence shows.
type Proof string

// What evidence can show.
const (
	// Proven: the fault had the effect that it names.
	Proven Proof = "proven"
	// TouchedNothing: the fault was live, but had no effect.
	TouchedNothing Proof = "touched nothing"
	// LeaseLapsed: the fault ended by itself before it was reverted, because the agent or
	// its host died.
	LeaseLapsed Proof = "lease lapsed"
	// Starved: the fault ended by itself before it was reverted, because the machine was
	// overloaded.
	Starved Proof = "starved"
	// Interrupted: the fault was not in force all the time on all that it should cover.
	Interrupted Proof = "interrupted"
	// Spoilt: something else happened at the same time, so the effect of the fault is
	// not known.
	Spoilt Proof = "spoilt"
	// TargetDied: the target ended under the fault, and nobody has stopped it.
	TargetDied Proof = "target died"
)

// Proof judges the injection's evidence and explains the result. While the fault is
// live, it judges what is known so far.
func (i Injection) Proof() (Proof, string) {
	e := i.Evidence
	gap, interrupted := e.unexpected()
	switch {
	case e.TargetDied:
		return TargetDied, fmt.Sprintf("%s: the container ended under the fault: %s", i, e.Summary)
	case e.Starved != "":
		return Starved, fmt.Sprintf("%s: the fault ended by itself before it was reverted, because the machine is overloaded: %s: what was measured meanwhile proves nothing: %s", i, e.Starved, e.Summary)
	case e.LeaseLapsed:
		return LeaseLapsed, fmt.Sprintf("%s: the fault ended by itself before it was reverted, because its lease was not renewed: what was measured meanwhile proves nothing: %s", i, e.Summary)
	case interrupted:
		return Interrupted, fmt.Sprintf("%s: the fault was not in force all the time, so what was measured proves nothing: %s: %s", i, gap, e.Summary)
	case e.Spoilt != "":
		return Spoilt, fmt.Sprintf("%s: it is not known what came of the fault: %s: %s", i, e.Spoilt, e.Summary)
	case !e.Effective:
		return TouchedNothing, fmt.Sprintf("%s: the fault did not have the effect that it names, so nothing was shown: %s", i, e.Summary)
	default:
		return Proven, fmt.Sprintf("%s: %s", i, e.Summary)
	}
}

// Outcome is what the proof means for a spec. A target that died is a finding about
// the target. A fault that touched nothing, lapsed, or was interrupted is a failure of
// the tool. An overloaded machine decides nothing.
func (p Proof) Outcome() Outcome {
	switch p {
	case Proven:
		return Kept
	case TargetDied:
		return Violated
	case Spoilt, Starved:
		return Undecided
	default:
		return ToolFailed
	}
}
