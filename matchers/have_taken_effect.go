package matchers

import (
	"fmt"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveTakenEffect succeeds when the evidence of an injection shows the effect that
// its fault names, as the kernel counts it: packets held, processor time burnt,
// memory held, processes frozen.
//
//	Expect(slow.Evidence(ctx)).To(HaveTakenEffect())
//
// Evidence is a snapshot: Eventually(ctx, slow.Evidence) waits for the first packet.
// It is an error, which fails NotTo as well, when the target died, when the lease ran out, or
// when something else spoilt the measurement.
func HaveTakenEffect() types.GomegaMatcher { return haveTakenEffect{} }

type haveTakenEffect struct{}

// snapshot is an injection as it stood at one moment.
type snapshot interface {
	Record() record.Injection
	Judged(matcher, objective string, judgement func() record.Judgement) (id string)
}

func (m haveTakenEffect) Match(actual any) (bool, error) {
	e, ok := actual.(snapshot)
	if !ok {
		return false, fmt.Errorf("HaveTakenEffect matcher expects an Injection's evidence: write Expect(slow.Evidence(ctx)).To(HaveTakenEffect()).  Got:\n%s", typeOf(actual))
	}
	proof, words := e.Record().Proof()
	id := m.judged(e)
	switch proof {
	case record.Proven, record.TouchedNothing:
		return proof == record.Proven, nil
	}
	return false, gomega.StopTrying(record.Mark(words, id, proof.Outcome()))
}

// judged leaves the judgement with the injection's record.
func (haveTakenEffect) judged(e snapshot) (id string) {
	return e.Judged("HaveTakenEffect", "the fault has taken effect", func() record.Judgement {
		proof, words := e.Record().Proof()
		return record.Judgement{
			Outcome: proof.Outcome(), Value: record.Float(nan), Threshold: record.Float(nan),
			Alpha: record.Float(nan), LogE: record.Float(nan), Text: words,
		}
	})
}

func (m haveTakenEffect) FailureMessage(actual any) string {
	return m.message(actual, "to have taken effect")
}

func (m haveTakenEffect) NegatedFailureMessage(actual any) string {
	return m.message(actual, "not to have taken effect")
}

func (m haveTakenEffect) message(actual any, phrase string) string {
	e, ok := actual.(snapshot)
	if !ok {
		return wrongMessage(actual, phrase)
	}
	r := e.Record()
	proof, _ := r.Proof()
	text := "Expected\n" + format.IndentString(r.String(), 1) + "\n" + phrase + "\nbut " + r.Evidence.Summary
	return record.Mark(text, m.judged(e), proof.Outcome())
}
