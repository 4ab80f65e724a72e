package matchers

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Ending is something that ends, such as an Injection. A recovery is counted from its end.
type Ending interface {
	// Ended is when it ended, and whether it has.
	Ended() (at time.Time, over bool)
	String() string
}

// HaveRecoveredWithin succeeds when a probe.Sample found the service healthy no later
// than limit after the fault had ended. One healthy sample suffices:
//
//	slow.Revert(ctx)
//	Eventually(ctx, checkout.Sample).Should(HaveRecoveredWithin(2*time.Second, slow))
//
// Until limit is over, an unhealthy sample decides nothing. Polling stops with an error, which
// fails ShouldNot too, when it is too late, when the service was healthy after the fault and no
// longer is, or when the fault is still live. To show that a service stays down, use
// Consistently(ctx, p.Sample).ShouldNot(BeLive()). To show that it stays healthy, load it and
// use KeepErrorRateBelow.
func HaveRecoveredWithin(limit time.Duration, fault Ending) types.GomegaMatcher {
	return &haveRecoveredWithin{limit: limit, fault: fault}
}

type haveRecoveredWithin struct {
	limit time.Duration
	fault Ending
}

// recovery is what one sample shows.
type recovery struct {
	outcome record.Outcome
	stop    bool // no later sample can change it
	text    string
	took    time.Duration
}

func (m *haveRecoveredWithin) Match(actual any) (bool, error) {
	if err := m.check(); err != nil {
		return false, gomega.StopTrying(err.Error())
	}
	s, err := sampleOf("HaveRecoveredWithin", actual)
	if err != nil {
		return false, err
	}
	r := m.look(s)
	id := m.judged(s, r)
	if r.stop {
		return false, gomega.StopTrying(record.Mark(r.text, id, r.outcome)).Attach("sample", s)
	}
	return answer(id, r.outcome, false, func() string { return fmt.Sprintf("%s (%s)", r.text, s) })
}

func (m *haveRecoveredWithin) check() error {
	v := reflect.ValueOf(m.fault)
	switch {
	case m.limit <= 0:
		return fmt.Errorf("HaveRecoveredWithin(%s): the limit must be above 0", m.limit)
	case !v.IsValid(), v.Kind() == reflect.Pointer && v.IsNil():
		return errors.New("HaveRecoveredWithin: no injection given: name the one whose end counts, as in HaveRecoveredWithin(2*time.Second, slow)")
	}
	return nil
}

// look judges a sample.
func (m *haveRecoveredWithin) look(s probe.Sample) recovery {
	end, over := m.fault.Ended()
	if !over {
		return recovery{outcome: record.Undecided, stop: true, text: fmt.Sprintf("undecided: %s is still live, so nothing can have recovered from it: revert it first", m.fault)}
	}
	took := s.End().Sub(end)
	r := recovery{outcome: record.Violated, stop: true, took: took}
	switch after := units.Round(took); {
	case s.Time.Before(end):
		r.outcome, r.stop = record.Undecided, false
		r.text = "undecided: the sample started before the fault's end, so it does not show recovery: look again"
	case took > m.limit && s.Healthy():
		r.text = fmt.Sprintf("too late: the first healthy answer came %s after the fault's end, allowed %s", after, m.limit)
	case took > m.limit:
		r.text = fmt.Sprintf("too late: not healthy %s after the fault's end, allowed %s", after, m.limit)
	case s.Healthy():
		r.outcome, r.stop = record.Kept, false
		r.text = fmt.Sprintf("healthy %s after the fault's end, allowed %s", after, m.limit)
	case !s.LastHealthy.IsZero() && !s.LastHealthy.Before(end):
		r.text = fmt.Sprintf("healthy after the fault's end, but no longer %s after it", after)
	default:
		r.outcome, r.stop = record.Undecided, false
		r.text = fmt.Sprintf("undecided: not healthy %s after the fault's end, allowed %s: look again until then, with Eventually", after, m.limit)
	}
	return r
}

func (m *haveRecoveredWithin) judged(s probe.Sample, r recovery) (id string) {
	objective := fmt.Sprintf("recovered within %s of the end of %s", m.limit, m.fault)
	return s.Judged("HaveRecoveredWithin", objective, sampleJudgement(s, r.outcome, r.text))
}

func (m *haveRecoveredWithin) FailureMessage(actual any) string { return m.message(actual, "to ") }

func (m *haveRecoveredWithin) NegatedFailureMessage(actual any) string {
	return m.message(actual, "not to ")
}

func (m *haveRecoveredWithin) message(actual any, to string) string {
	phrase := to + "have recovered within " + m.limit.String()
	s, err := sampleOf("HaveRecoveredWithin", actual)
	if err != nil || m.check() != nil {
		return wrongMessage(actual, phrase)
	}
	r := m.look(s)
	text := aboutSample(s, fmt.Sprintf("%s of the end of %s\nit ended %s before the answer", phrase, m.fault, units.Round(r.took)))
	return record.Mark(text, m.judged(s, r), r.outcome)
}
