package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func judgements(s Spec) []record.Judgement {
	var all []record.Judgement
	for _, w := range s.Windows {
		all = append(all, w.Judgements...)
	}
	return all
}

// quotes is the judgement that failed the spec: the one that its message quotes.
// Others failed nothing, such as one that is violated, as NotTo asked of it. Of
// several it is the one with the longest text, since a matcher that has not decided
// says what others found besides, and of equal ones the last.
func quotes(s Spec) *record.Judgement {
	var found *record.Judgement
	longest := 0
	for _, j := range judgements(s) {
		if text := withoutSpan(j); text != "" && len(text) >= longest && strings.Contains(s.Message, text) {
			found, longest = &j, len(text)
		}
	}
	return found
}

// withoutSpan is the judgement's text as a message has it: where a part of a window
// was judged, the whole window's record adds of which part it speaks.
func withoutSpan(j record.Judgement) string {
	text := j.Text
	for part := j.Objective; strings.HasSuffix(part, " on"); {
		from, at := strings.LastIndex(part, " from "), strings.LastIndex(text, " (from ")
		if from < 0 || at < 0 || !strings.HasSuffix(text, ")") {
			break
		}
		part, text = part[:from], text[:at]
	}
	return text
}

// judgeQuoted decides by the judgement that failed the spec. A matcher that is kept
// fails one by which the spec asks for the opposite.
func judgeQuoted(j *record.Judgement) Finding {
	switch j.Outcome {
	case record.Undecided:
		return Finding{Verdict: Inconclusive, Reason: oneLine(j.Text), Judgement: j}
	case record.Kept:
		return Finding{Verdict: Regression, Reason: "the spec asks for the opposite of what was found: " + said(*j), Judgement: j}
	}
	return Finding{Verdict: Regression, Reason: sure(*j), Judgement: j}
}

// saysUndecided reports whether the spec failed undecided where no judgement is quoted:
// the matcher looked again later, so that the record has another text, or it has no
// record, as of a single sample; or the spec timed out before Gomega could quote it.
func saysUndecided(s Spec) bool {
	if strings.Contains(s.Message, "undecided: ") { // as every matcher begins that
		return true
	}
	all := judgements(s)
	return s.State == "timedout" && len(all) > 0 && all[len(all)-1].Outcome == record.Undecided
}

// said is what was judged, and what was found.
func said(j record.Judgement) string {
	text := oneLine(j.Text)
	if j.Objective != "" {
		text = j.Objective + ": " + text
	}
	return text
}

// sure says a violated judgement and how sure it is. By Ville's inequality a
// target that keeps its objective reaches an e-value of e at any look with a
// probability of at most 1/e.
func sure(j record.Judgement) string {
	text := said(j)
	alpha, logE := float64(j.Alpha), float64(j.LogE)
	if !(alpha > 0) || !(logE > 0) || math.IsInf(logE, 0) {
		return text
	}
	return fmt.Sprintf("%s; a service that keeps the objective looks like this at most once in %s runs (alpha %s)",
		text, count(math.Exp(min(logE, 700))), Percent(alpha))
}
