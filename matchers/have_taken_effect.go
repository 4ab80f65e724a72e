package matchers

import (
	"fmt"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// HaveTakenEffect succeeds when an injection has had the effect that its fault
// names, as the kernel counts it. Its actual is an Injection, or whatever else has a
// Record() record.Injection.
//
//	Expect(slow).To(HaveTakenEffect())
//
// An injection whose lease ran out, whose target died, or that was
// spoilt, as by an out-of-memory kill, cannot be judged so: that is an error,
// which fails NotTo as well.
func HaveTakenEffect() types.GomegaMatcher { return haveTakenEffect{} }

type haveTakenEffect struct{}

type recorder interface{ Record() record.Injection }

func (haveTakenEffect) Match(actual any) (bool, error) {
	injection, ok := actual.(recorder)
	if !ok {
		return false, fmt.Errorf("HaveTakenEffect matcher expects an Injection, such as Inject returns.  Got:\n%s", format.Object(actual, 1))
	}
	r := injection.Record()
	e := r.Evidence
	switch {
	case r.Error != "":
		return false, fmt.Errorf("%s: %s", r, r.Error)
	case e.TargetDied:
		return false, gomega.StopTrying(fmt.Sprintf("%s: the target's first process ended under the fault: a finding about the target: %s", r, e.Summary))
	case e.LeaseLapsed:
		return false, gomega.StopTrying(fmt.Sprintf("%s: not proven: the lease ran out before the fault was reverted, so what was measured meanwhile proves nothing: %s", r, e.Summary))
	case e.Spoilt != "":
		return false, gomega.StopTrying(fmt.Sprintf("%s: not proven: %s: %s", r, e.Spoilt, e.Summary))
	}
	return e.Effective, nil
}

func (haveTakenEffect) FailureMessage(actual any) string {
	injection, ok := actual.(recorder)
	if !ok {
		return format.Message(actual, "to have taken effect")
	}
	r := injection.Record()
	but := "but " + r.Evidence.Summary
	if r.Evidence.Effective {
		but = "but it had not when it was judged, and has only now: " + r.Evidence.Summary
	}
	return "Expected\n" + format.IndentString(r.String(), 1) + "\nto have taken effect\n" + but
}

func (haveTakenEffect) NegatedFailureMessage(actual any) string {
	injection, ok := actual.(recorder)
	if !ok {
		return format.Message(actual, "not to have taken effect")
	}
	r := injection.Record()
	return "Expected\n" + format.IndentString(r.String(), 1) + "\nnot to have taken effect\nbut " + r.Evidence.Summary
}
