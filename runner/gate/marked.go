package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// marked is the record whose ID stands in the mark of a failure message. It is empty if
// the report has no such record.
type marked struct {
	failure   *record.Failure
	judgement *record.Judgement
	// probe is the probe whose samples were judged.
	probe string
	// injection is true if an injection was judged. The judgement's text is then complete.
	injection bool
}

// find finds the record with this ID.
func (s Spec) find(id string) marked {
	for i := range s.Failures {
		if s.Failures[i].ID == id {
			return marked{failure: &s.Failures[i]}
		}
	}
	in := func(judgements []record.Judgement) *record.Judgement {
		for i := range judgements {
			if judgements[i].ID == id {
				return &judgements[i]
			}
		}
		return nil
	}
	for _, w := range s.Windows {
		if j := in(w.Judgements); j != nil {
			return marked{judgement: j, probe: w.Probe}
		}
	}
	for _, samples := range s.Samples {
		if j := in(samples.Judgements); j != nil {
			return marked{judgement: j, probe: samples.Probe}
		}
	}
	for _, i := range s.Injections {
		if j := in(i.Judgements); j != nil {
			return marked{judgement: j, injection: true}
		}
	}
	return marked{}
}

// verdicts maps the outcome in a mark to the verdict on the spec that failed. Kept is a
// regression because the spec asked for the opposite.
var verdicts = map[record.Outcome]Verdict{
	record.Kept:                           Regression,
	record.Violated:                       Regression,
	record.Undecided:                      Inconclusive,
	record.ToolFailed:                     ToolFailure,
	record.Outcome(record.StoppedByGuard): StoppedByGuard,
}

// judgeMarked decides by the mark of the message that failed the spec. If the record holds
// the result of a later look by now, the reason is the text of the message.
func judgeMarked(s Spec, m record.Marked) Finding {
	subject := s.find(m.ID)
	f := Finding{
		Verdict: verdicts[m.Outcome], Annotation: annotation(m.Before),
		Probe: subject.probe, Judgement: subject.judgement,
	}
	if f.Verdict == "" { // a later version wrote this outcome
		f.Verdict = Regression
	}
	text := oneLine(m.Message)
	if j := subject.judgement; j != nil && j.Outcome == m.Outcome {
		if text = describe(*j); subject.injection {
			text = oneLine(j.Text)
		}
	}
	if subject.failure != nil {
		text = oneLine(subject.failure.Text)
	}
	if f.Probe != "" {
		text = f.Probe + ": " + text
	}
	switch {
	case m.Outcome == record.Kept:
		text = "the spec asks for the opposite of what was found: " + text
	case subject.judgement != nil && m.Outcome == record.Violated:
		text += certainty(*subject.judgement)
	}
	if f.Annotation != "" {
		text = f.Annotation + ": " + text
	}
	f.Reason = text
	return f
}

// annotation is the text before a marked message: the description that the spec gives its
// assertion, and what Gomega reports about polling.
func annotation(before string) string {
	return strings.TrimRight(cut(strings.Join(strings.Fields(before), " "), longestAnnotation), ".: ")
}

// describe gives the objective and what was found.
func describe(j record.Judgement) string {
	objective := j.Objective
	if j.Part != nil {
		objective += fmt.Sprintf(" from %s to %s", Seconds(j.Part.From.Seconds()), Seconds(j.Part.To.Seconds()))
	}
	if objective == "" {
		return oneLine(j.Text)
	}
	return objective + ": " + oneLine(j.Text)
}

// certainty says how certain a violated judgement is. By Ville's inequality, a target that
// keeps its objective reaches an e-value of e at any look with a probability of at most 1/e.
func certainty(j record.Judgement) string {
	alpha, logE := float64(j.Alpha), float64(j.LogE)
	if !(alpha > 0) || !(logE > 0) || math.IsInf(logE, 0) {
		return ""
	}
	return fmt.Sprintf("; a service that keeps the objective looks like this at most once in %s runs (alpha %s)",
		count(math.Exp(min(logE, 700))), units.Percent(alpha))
}
