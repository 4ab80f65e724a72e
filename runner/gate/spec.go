package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// JudgeSpec decides one spec by its state and its records.
func JudgeSpec(s Spec) Finding {
	switch s.State {
	case "skipped", "pending":
		return Finding{Reason: oneLine(s.Message)}
	case "passed":
		return judgePassed(s)
	case "interrupted":
		return Finding{Verdict: ToolFailure, Reason: "interrupted before it was decided: " + oneLine(s.Message)}
	}
	return judgeFailed(s)
}

// judgePassed distrusts a pass that proves nothing.
func judgePassed(s Spec) Finding {
	f := Finding{Verdict: Pass, Reason: passedWith(s)}
	for _, i := range s.Injections {
		switch {
		case i.Error != "":
			return Finding{Verdict: ToolFailure, Reason: fmt.Sprintf("passed, but %s failed: %s", i, oneLine(i.Error))}
		case i.Evidence.LeaseLapsed:
			f = Finding{Verdict: Inconclusive, Reason: fmt.Sprintf("passed, but %s ended by itself before it was reverted: the pass proves nothing", i)}
		case i.Reverted && !i.Evidence.Effective:
			f = Finding{Verdict: Inconclusive, Reason: fmt.Sprintf("passed, but %s touched nothing (%s): the pass proves nothing", i, oneLine(i.Evidence.Summary))}
		}
	}
	for _, failure := range s.Failures {
		f.Also = append(f.Also, "noted a failure of the "+string(failure.Cause)+": "+oneLine(failure.Text))
	}
	if s.Attempts > 1 {
		f.Also = append(f.Also, fmt.Sprintf("passed only at attempt %d", s.Attempts))
	}
	return f
}

// passedWith is the evidence of a pass: the last judgement, or how much was injected.
func passedWith(s Spec) string {
	if all := judgements(s); len(all) > 0 {
		return oneLine(all[len(all)-1].Text)
	}
	switch n := len(s.Injections); n {
	case 0:
		return ""
	case 1:
		return oneLine(s.Injections[0].Evidence.Summary)
	default:
		return fmt.Sprintf("%d injections took effect", n)
	}
}

// judgeFailed asks what failed the spec first: a later failure, such as one
// while cleaning up, is listed and does not take the first one's place.
func judgeFailed(s Spec) Finding {
	violated := pick(s, record.Violated)
	first, rest := causes(s)
	var f Finding
	switch {
	case first != nil:
		f = Finding{Verdict: verdictOf(first.Cause), Reason: oneLine(first.Text)}
	case violated != nil:
		f = Finding{Verdict: Regression, Reason: sure(*violated), Judgement: violated}
		for _, i := range s.Injections {
			if i.Evidence.LeaseLapsed {
				f.Verdict = ToolFailure
				f.Reason = fmt.Sprintf("%s ended by itself before it was reverted, so what was measured proves nothing: run it again with less load on the machine", i)
				f.Also = append(f.Also, sure(*violated))
			}
		}
	case len(rest) > 0:
		f, rest = Finding{Verdict: verdictOf(rest[0].Cause), Reason: oneLine(rest[0].Text)}, rest[1:]
		f.Also = append(f.Also, oneLine(s.Message))
	case lastOutcome(s) == record.Undecided:
		j := pick(s, record.Undecided)
		f = Finding{Verdict: Inconclusive, Reason: oneLine(j.Text), Judgement: j}
	case s.Node == "BeforeSuite" || s.Node == "SynchronizedBeforeSuite":
		f = Finding{Verdict: ToolFailure, Reason: s.Node + " failed, so no spec of the suite ran: " + oneLine(s.Message)}
	default:
		f = judgeMessage(s)
	}
	for _, other := range rest {
		f.Also = append(f.Also, "and a failure of the "+string(other.Cause)+": "+oneLine(other.Text))
	}
	return f
}

// judgeMessage is for a spec that failed without a violated judgement: about a
// fault that proved nothing if the message quotes its evidence, else about the target.
func judgeMessage(s Spec) Finding {
	for _, i := range s.Injections {
		evidence := i.Evidence
		quoted := evidence.Summary != "" && strings.Contains(s.Message, evidence.Summary)
		if quoted && !evidence.TargetDied && (evidence.LeaseLapsed || !evidence.Effective) {
			return Finding{Verdict: Inconclusive, Reason: fmt.Sprintf("%s did not do what it says (%s), so nothing was shown", i, oneLine(evidence.Summary))}
		}
	}
	reason := oneLine(s.Message)
	if reason == "" {
		reason = "the spec " + s.State + " without a message"
	}
	return Finding{Verdict: Regression, Reason: reason}
}

// causes splits the noted failures: the one that the spec's first failure
// quotes, and the others.
func causes(s Spec) (first *record.Failure, rest []record.Failure) {
	for n := range s.Failures {
		failure := s.Failures[n]
		if first == nil && failure.Text != "" && strings.Contains(s.Message, failure.Text) {
			first = &failure
			continue
		}
		rest = append(rest, failure)
	}
	return first, rest
}

func verdictOf(c record.Cause) Verdict {
	if c == record.StoppedByGuard {
		return StoppedByGuard
	}
	return ToolFailure
}

func judgements(s Spec) []record.Judgement {
	var all []record.Judgement
	for _, w := range s.Windows {
		all = append(all, w.Judgements...)
	}
	return all
}

func lastOutcome(s Spec) record.Outcome {
	if all := judgements(s); len(all) > 0 {
		return all[len(all)-1].Outcome
	}
	return ""
}

// pick is the judgement of this outcome that the failure quotes, or else the last one.
func pick(s Spec, outcome record.Outcome) *record.Judgement {
	var found *record.Judgement
	for _, j := range slices.Backward(judgements(s)) {
		if j.Outcome != outcome {
			continue
		}
		if j.Text != "" && strings.Contains(s.Message, j.Text) {
			return &j
		}
		if found == nil {
			found = &j
		}
	}
	return found
}

// sure says a violated judgement and how sure it is. By Ville's inequality a
// target that keeps its objective reaches an e-value of e at any look with a
// probability of at most 1/e.
func sure(j record.Judgement) string {
	text := oneLine(j.Text)
	if text == "" {
		text = j.Objective + " is violated"
	}
	alpha, logE := float64(j.Alpha), float64(j.LogE)
	if !(alpha > 0) || !(logE > 0) || math.IsInf(logE, 0) {
		return text
	}
	return fmt.Sprintf("%s; a service that keeps the objective looks like this at most once in %s runs (alpha %s)",
		text, count(math.Exp(min(logE, 700))), Percent(alpha))
}
