package gate

import (
	"fmt"
	"slices"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// JudgeSpec decides one spec by its state and its records.
func JudgeSpec(s Spec) Finding {
	switch s.State {
	case "skipped", "pending":
		return Finding{Reason: words(s.Message)}
	case "passed":
		return judgePassed(s)
	case "interrupted":
		return Finding{Verdict: ToolFailure, Reason: "interrupted before it was decided: " + words(s.Message)}
	}
	return judgeFailed(s)
}

// judgePassed distrusts a pass that proves nothing.
func judgePassed(s Spec) Finding {
	f := Finding{Verdict: Pass, Reason: passedWith(s)}
	for _, i := range s.Injections {
		if i.Error != "" {
			f = Finding{Verdict: ToolFailure, Reason: fmt.Sprintf("passed, but %s failed: %s", i, oneLine(i.Error))}
			break
		}
		proof, text := i.Proof()
		// While a fault is live it may still come to touch something.
		if proof == record.Proven || proof == record.TouchedNothing && !i.Reverted {
			continue
		}
		if v := verdicts[proof.Outcome()]; Overall(f.Verdict, v) == v {
			f = Finding{Verdict: v, Reason: "passed, but " + oneLine(text)}
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

// passedWith is the evidence of a pass: the last judgement on a window, or how much
// was injected.
func passedWith(s Spec) string {
	if j := lastJudged(s); j != nil {
		return oneLine(j.Text)
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

// lastJudged is the last judgement on a window.
func lastJudged(s Spec) *record.Judgement {
	for _, w := range slices.Backward(s.Windows) {
		if n := len(w.Judgements); n > 0 {
			return &w.Judgements[n-1]
		}
	}
	return nil
}

// judgeFailed asks what failed the spec first: a later failure, such as one
// while cleaning up, is listed and does not take the first one's place.
func judgeFailed(s Spec) Finding {
	f, first := judgeFirst(s)
	if f.Verdict == Regression {
		f = lapsed(s, f)
	}
	for _, other := range s.Failures {
		if first == nil || other.ID != first.ID {
			f.Also = append(f.Also, "and a failure of the "+string(other.Cause)+": "+oneLine(other.Text))
		}
	}
	return f
}

// lapsed takes a regression back that was measured while a fault had ended by itself.
func lapsed(s Spec, f Finding) Finding {
	for _, i := range s.Injections {
		if proof, text := i.Proof(); proof == record.LeaseLapsed {
			f.Also = append(f.Also, f.Reason)
			f.Verdict, f.Reason = ToolFailure, oneLine(text)+": run it again with less load on the machine"
		}
	}
	return f
}

// judgeFirst judges the first failure, and says which noted failure that is, if any.
func judgeFirst(s Spec) (Finding, *record.Failure) {
	text, marks := record.Marks(s.Message)
	var mark record.Marked
	if n := len(marks); n > 0 {
		// Of several the last one: those before are of what Gomega quotes besides.
		mark = marks[n-1]
	}
	decided := mark.Outcome == record.Kept || mark.Outcome == record.Violated
	if hidden := s.unmarked(); hidden != nil && !decided && s.find(mark.ID).failure == nil {
		return Finding{Verdict: verdicts[record.Outcome(hidden.Cause)], Reason: oneLine(hidden.Text)}, hidden
	}
	if mark.ID != "" {
		return judgeMarked(s, mark), s.find(mark.ID).failure
	}
	last := lastJudged(s)
	switch {
	case s.State == "timedout" && last != nil && last.Outcome == record.Undecided:
		// Ginkgo stopped it before Gomega could quote what it was waiting for.
		return Finding{Verdict: Inconclusive, Reason: oneLine(text)}, nil
	case s.Node == "BeforeSuite" || s.Node == "SynchronizedBeforeSuite":
		return Finding{Verdict: ToolFailure, Reason: s.Node + " failed, so no spec of the suite ran: " + oneLine(text)}, nil
	case text == "":
		return Finding{Verdict: Regression, Reason: "the spec " + s.State + " without a message"}, nil
	}
	return Finding{Verdict: Regression, Reason: oneLine(text)}, nil
}

// unmarked is the first noted failure that no message of the spec names: such as a
// guard's stop, by which a spec fails in its own words.
func (s Spec) unmarked() *record.Failure {
	seen := map[string]bool{}
	for _, message := range append([]string{s.Message}, s.Others...) {
		_, marks := record.Marks(message)
		for _, m := range marks {
			seen[m.ID] = true
		}
	}
	for i := range s.Failures {
		if !seen[s.Failures[i].ID] {
			return &s.Failures[i]
		}
	}
	return nil
}

// words is a message in one line, without marks.
func words(message string) string {
	text, _ := record.Marks(message)
	return oneLine(text)
}
