package matchers

import (
	"fmt"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// BeLive succeeds when a probe.Sample found the service answering as expected:
//
//	Eventually(ctx, checkout.Sample).Should(BeLive())
func BeLive() types.GomegaMatcher { return beLive{} }

type beLive struct{}

func (beLive) Match(actual any) (bool, error) {
	s, err := sampleOf("BeLive", actual)
	return err == nil && s.Healthy(), err
}

func (beLive) FailureMessage(actual any) string { return about(actual, "to be live") }

func (beLive) NegatedFailureMessage(actual any) string { return about(actual, "not to be live") }

// sampleOf is the sample that a matcher was given.
func sampleOf(matcher string, actual any) (probe.Sample, error) {
	s, ok := actual.(probe.Sample)
	if !ok {
		return s, fmt.Errorf("%s matcher expects a probe.Sample, such as Eventually(ctx, p.Sample) polls.  Got:\n%s", matcher, format.Object(actual, 1))
	}
	return s, nil
}

// about is a message on a sample.
func about(actual any, message string) string {
	if s, ok := actual.(probe.Sample); ok {
		return "Expected\n" + format.IndentString(s.String(), 1) + "\n" + message
	}
	return format.Message(actual, message)
}
