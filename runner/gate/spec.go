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

// judgePassed looks for reasons why a pass may prove nothing.
func judgePassed(s Spec) Finding {
	f := Finding{Verdict: Pass, Reason: passedWith(s)}
	for _, i := range s.Injections {
		if i.Error != "" {
			f = Finding{Verdict: ToolFailure, Reason: fmt.Sprintf("passed, but %s failed: %s", i, oneLine(i.Error))}
			break
		}
		proof, text := i.Proof()
		// A fault that is still live may touch something later.
		if proof == record.Proven || proof == record.TouchedNothing && !i.Reverted {
			continue
		}
		if v := verdicts[proof.Outcome()]; overall(f.Verdict, v) == v {
			f = Finding{Verdict: v, Reason: "passed, but " + oneLine(text)}
		}
	}
	for _, failure := range s.Failures {
		f.Also = append(f.Also, "recorded a failure of the "+string(failure.Cause)+": "+oneLine(failure.Text))
	}
	if s.Attempts > 1 {
		f.Also = append(f.Also, fmt.Sprintf("passed only at attempt %d", s.Attempts))
	}
	return f
}

// passedWith is the evidence for a pass: the last judgement on a window, or else what was
// injected.
func passedWith(s Spec) string {
	if j, probe := lastJudged(s); j != nil {
		return oneLine(probe + ": " + j.Text)
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

// lastJudged is the last judgement on a window, and the window's probe.
func lastJudged(s Spec) (j *record.Judgement, probe string) {
	for _, w := range slices.Backward(s.Windows) {
		if n := len(w.Judgements); n > 0 {
			return &w.Judgements[n-1], w.Probe
		}
	}
	return nil, ""
}

// judgeFailed decides by the first failure of the spec. Later failures, such as one during
// cleanup, are only listed.
func judgeFailed(s Spec) Finding {
	f, first := judgeFirst(s)
	if f.Verdict == Regression {
		f = notInForce(s, f)
	}
	for _, other := range s.Failures {
		if first == nil || other.ID != first.ID {
			f.Also = append(f.Also, "a failure of the "+string(other.Cause)+": "+oneLine(other.Text))
		}
	}
	return f
}

// notInForce replaces a regression if a fault was not in force all the time, because the
// measurement then proves nothing.
func notInForce(s Spec, f Finding) Finding {
	for _, i := range s.Injections {
		proof, text := i.Proof()
		if proof != record.LeaseLapsed && proof != record.Starved && proof != record.Interrupted {
			continue
		}
		f.Also = append(f.Also, f.Reason)
		f.Verdict, f.Reason = verdicts[proof.Outcome()], oneLine(text)
		if proof != record.Interrupted {
			f.Reason += ": run it again with less load on the machine"
		}
	}
	return f
}

// judgeFirst judges the first failure. It also returns the record of that failure, if
// there is one.
func judgeFirst(s Spec) (Finding, *record.Failure) {
	text, marks := record.Marks(s.Message)
	var mark record.Marked
	if n := len(marks); n > 0 {
		// The last mark counts: those before it are in text that Gomega quotes.
		mark = marks[n-1]
	}
	decided := mark.Outcome == record.Kept || mark.Outcome == record.Violated
	if failure := s.unmarked(); failure != nil && !decided && s.find(mark.ID).failure == nil {
		return Finding{Verdict: verdicts[record.Outcome(failure.Cause)], Reason: oneLine(failure.Text)}, failure
	}
	if mark.ID != "" {
		return judgeMarked(s, mark), s.find(mark.ID).failure
	}
	last, probe := lastJudged(s)
	switch {
	case s.State == "timedout" && last != nil && last.Outcome == record.Undecided:
		// Ginkgo stopped the spec before Gomega could report what it was waiting for.
		return Finding{Verdict: Inconclusive, Reason: oneLine(text + ": " + probe + ": " + describe(*last)), Probe: probe, Judgement: last}, nil
	case s.Node == "BeforeSuite" || s.Node == "SynchronizedBeforeSuite":
		return Finding{Verdict: ToolFailure, Reason: s.Node + " failed, so no spec of the suite ran: " + oneLine(text)}, nil
	case text == "":
		return Finding{Verdict: Regression, Reason: "the spec " + s.State + " without a message"}, nil
	}
	return Finding{Verdict: Regression, Reason: oneLine(text)}, nil
}

// unmarked is the first recorded failure that no message of the spec marks. A guard's stop
// is an example: the spec then fails with a message of its own.
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

// words is the message in one line, without its marks.
func words(message string) string {
	text, _ := record.Marks(message)
	return oneLine(text)
}
