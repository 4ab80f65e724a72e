package gate

import (
	"fmt"
	"math"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// named is the record that a mark of a failure message names.
type named struct {
	failure   *record.Failure
	judgement *record.Judgement
	// probe is the one whose samples were judged.
	probe string
	// injection says that an injection was judged, whose text says all there is.
	injection bool
}

// find finds the record with an ID; nothing where the report has none.
func (s Spec) find(id string) named {
	for i := range s.Failures {
		if s.Failures[i].ID == id {
			return named{failure: &s.Failures[i]}
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
			return named{judgement: j, probe: w.Probe}
		}
	}
	for _, looked := range s.Samples {
		if j := in(looked.Judgements); j != nil {
			return named{judgement: j, probe: looked.Probe}
		}
	}
	for _, i := range s.Injections {
		if j := in(i.Judgements); j != nil {
			return named{judgement: j, injection: true}
		}
	}
	return named{}
}

// verdicts are what the outcomes of marks mean. A matcher that is kept fails a spec
// that asks for the opposite.
var verdicts = map[record.Outcome]Verdict{
	record.Kept:                           Regression,
	record.Violated:                       Regression,
	record.Undecided:                      Inconclusive,
	record.ToolFailed:                     ToolFailure,
	record.Outcome(record.StoppedByGuard): StoppedByGuard,
}

// judgeMarked decides by the mark of the message with which the spec failed. What
// the record says of it now may be another look's: then the message's own words count.
func judgeMarked(s Spec, m record.Marked) Finding {
	subject := s.find(m.ID)
	f := Finding{
		Verdict: verdicts[m.Outcome], Annotation: annotation(m.Before),
		Probe: subject.probe, Judgement: subject.judgement,
	}
	if f.Verdict == "" { // of a later version
		f.Verdict = Regression
	}
	text := oneLine(m.Message)
	if j := subject.judgement; j != nil && j.Outcome == m.Outcome {
		if text = said(*j); subject.injection {
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

// annotation is what stands before a marked message: the words that the spec gives
// its assertion, and what Gomega says of polling.
func annotation(before string) string {
	return strings.TrimRight(cut(strings.Join(strings.Fields(before), " "), longestAnnotation), ".: ")
}

// said is what was judged, and what was found.
func said(j record.Judgement) string {
	objective := j.Objective
	if j.Part != nil {
		objective += fmt.Sprintf(" from %s to %s", Seconds(j.Part.From.Seconds()), Seconds(j.Part.To.Seconds()))
	}
	if objective == "" {
		return oneLine(j.Text)
	}
	return objective + ": " + oneLine(j.Text)
}

// certainty says how sure a violated judgement is. By Ville's inequality a target
// that keeps its objective reaches an e-value of e at any look with a probability
// of at most 1/e.
func certainty(j record.Judgement) string {
	alpha, logE := float64(j.Alpha), float64(j.LogE)
	if !(alpha > 0) || !(logE > 0) || math.IsInf(logE, 0) {
		return ""
	}
	return fmt.Sprintf("; a service that keeps the objective looks like this at most once in %s runs (alpha %s)",
		count(math.Exp(min(logE, 700))), units.Percent(alpha))
}
