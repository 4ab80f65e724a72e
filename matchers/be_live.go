package matchers

import (
	"fmt"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// BeLive succeeds when a probe.Sample found the service answering as expected:
//
//	Eventually(ctx, checkout.Sample).Should(BeLive())
func BeLive() types.GomegaMatcher { return beLive{} }

type beLive struct{}

func (m beLive) Match(actual any) (bool, error) {
	s, err := sampleOf("BeLive", actual)
	if err != nil {
		return false, err
	}
	m.judged(s)
	return s.Healthy(), nil
}

func (beLive) outcome(s probe.Sample) record.Outcome {
	if s.Healthy() {
		return record.Kept
	}
	return record.Violated
}

func (m beLive) judged(s probe.Sample) (id string) {
	return s.Judged("BeLive", "live", sampleJudgement(s, m.outcome(s), s.Outcome()))
}

func (m beLive) FailureMessage(actual any) string { return m.message(actual, "to be live") }

func (m beLive) NegatedFailureMessage(actual any) string { return m.message(actual, "not to be live") }

func (m beLive) message(actual any, phrase string) string {
	s, err := sampleOf("BeLive", actual)
	if err != nil {
		return wrongMessage(actual, phrase)
	}
	return record.Mark(aboutSample(s, phrase), m.judged(s), m.outcome(s))
}

// sampleOf returns the sample that a matcher judges.
func sampleOf(matcher string, actual any) (probe.Sample, error) {
	s, ok := actual.(probe.Sample)
	if !ok {
		return s, fmt.Errorf("%s matcher expects a probe.Sample, such as Eventually(ctx, p.Sample) polls.  Got:\n%s", matcher, typeOf(actual))
	}
	return s, nil
}

// sampleJudgement is a judgement on one sample.
func sampleJudgement(s probe.Sample, outcome record.Outcome, text string) func() record.Judgement {
	return func() record.Judgement {
		return record.Judgement{
			Outcome: outcome, Value: record.Float(s.Latency.Seconds()), Threshold: record.Float(nan), Samples: 1,
			Alpha: record.Float(nan), LogE: record.Float(nan), Text: text,
		}
	}
}

// aboutSample is a message on a sample.
func aboutSample(s probe.Sample, message string) string {
	return "Expected\n" + format.IndentString(s.String(), 1) + "\n" + message
}
