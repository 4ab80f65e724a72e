package gate

import (
	"fmt"
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
	first, rest := causes(s)
	f := judgeFirst(s, first, rest)
	for _, i := range s.Injections {
		if f.Verdict == Regression && i.Evidence.LeaseLapsed {
			f.Also = append(f.Also, f.Reason)
			f.Verdict = ToolFailure
			f.Reason = fmt.Sprintf("%s ended by itself before it was reverted, so what was measured proves nothing: run it again with less load on the machine", i)
		}
	}
	for _, other := range rest {
		f.Also = append(f.Also, "and a failure of the "+string(other.Cause)+": "+oneLine(other.Text))
	}
	return f
}

func judgeFirst(s Spec, first *record.Failure, rest []record.Failure) Finding {
	quoted := quotes(s)
	switch {
	case first != nil:
		return Finding{Verdict: verdictOf(first.Cause), Reason: oneLine(first.Text)}
	case quoted != nil:
		return judgeQuoted(quoted)
	case saysUndecided(s):
		return Finding{Verdict: Inconclusive, Reason: oneLine(s.Message)}
	case s.Node == "BeforeSuite" || s.Node == "SynchronizedBeforeSuite":
		return Finding{Verdict: ToolFailure, Reason: s.Node + " failed, so no spec of the suite ran: " + oneLine(s.Message)}
	}
	for _, i := range s.Injections {
		if provedNothing(s, i) {
			f := Finding{Verdict: Inconclusive, Reason: fmt.Sprintf("%s did not do what it says (%s), so nothing was shown", i, oneLine(i.Evidence.Summary))}
			if len(rest) > 0 {
				f.Verdict = verdictOf(rest[0].Cause)
			}
			return f
		}
	}
	reason := oneLine(s.Message)
	if reason == "" {
		reason = "the spec " + s.State + " without a message"
	}
	return Finding{Verdict: Regression, Reason: reason}
}

// provedNothing says that the spec failed because of an injection that had no
// effect, or had none yet when it was asked: its message names the injection, or
// quotes the evidence.
func provedNothing(s Spec, i record.Injection) bool {
	e := i.Evidence
	if e.TargetDied {
		return false
	}
	quoted := e.Summary != "" && strings.Contains(s.Message, e.Summary)
	named := strings.Contains(s.Message, i.String())
	asked := named && strings.Contains(s.Message, "\nto have taken effect")
	return asked || (quoted || named) && (e.LeaseLapsed || !e.Effective)
}

// causes finds the noted failure that failed the spec first: the one that the
// first failure's message quotes, or else, unless that quotes a matcher which had
// decided, one that no later failure quotes either. The others came later.
func causes(s Spec) (first *record.Failure, rest []record.Failure) {
	quoted := quotes(s)
	shown := quoted != nil && quoted.Outcome != record.Undecided
	rank := func(f record.Failure) int {
		switch later := strings.Join(s.Others, "\n"); {
		case f.Text != "" && strings.Contains(s.Message, f.Text):
			return 0
		case !shown && !strings.Contains(later, f.Text):
			return 1
		default:
			return 2
		}
	}
	rest = slices.Clone(s.Failures)
	slices.SortStableFunc(rest, func(a, b record.Failure) int { return rank(a) - rank(b) })
	if len(rest) > 0 && rank(rest[0]) < 2 {
		return &rest[0], rest[1:]
	}
	return nil, rest
}

func verdictOf(c record.Cause) Verdict {
	if c == record.StoppedByGuard {
		return StoppedByGuard
	}
	return ToolFailure
}
