package matchers

import (
	"fmt"
	"sync"
	"time"

	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

// HaveRecoveredWithin succeeds when a probe.Sample found the service healthy, and
// the answer was whole at most limit after the last fault of the spec had ended:
//
//	slow.Revert(ctx)
//	Eventually(ctx, checkout.Sample).Should(HaveRecoveredWithin(2 * time.Second))
//
// Until limit is over, a look that is not healthy decides nothing, and polling goes
// on. It stops at once when it is too late, when the service was healthy and no longer
// is, when a fault is still live, and when no fault has ended that the service could
// recover from. Each of these is an error, which fails ShouldNot, too: negated it
// never passes, because no single look tells that all of them were not healthy.
// Consistently(ctx, p.Sample).ShouldNot(BeLive()) does.
//
// limit is above 0. It says that one look was healthy: follow it with a load and
// KeepErrorRateBelow to show that it stays so.
func HaveRecoveredWithin(limit time.Duration) types.GomegaMatcher {
	return &haveRecoveredWithin{limit: limit}
}

type haveRecoveredWithin struct {
	limit time.Duration

	mu sync.Mutex
	// healthy is the latest sample that was, by which a relapse is known while
	// Consistently looks.
	healthy probe.Sample
}

func (m *haveRecoveredWithin) Match(actual any) (bool, error) {
	if m.limit <= 0 {
		return false, gomega.StopTrying(fmt.Sprintf("HaveRecoveredWithin(%s): the limit must be above 0", m.limit))
	}
	s, err := sampleOf("HaveRecoveredWithin", actual)
	if err != nil {
		return false, err
	}
	took := s.End().Sub(s.FaultEnded)
	switch {
	case s.FaultLive:
		return false, gomega.StopTrying("a fault is still live, so nothing can have recovered from it: revert it first").Attach("sample", s)
	case s.FaultEnded.IsZero():
		return false, gomega.StopTrying("no fault has ended in this spec, so there is nothing to recover from: inject one and revert it first").Attach("sample", s)
	case took > m.limit && s.Healthy():
		return false, gomega.StopTrying(fmt.Sprintf("too late: the first healthy answer came %s after the fault's end, allowed %s", probe.Round(took), m.limit)).Attach("sample", s)
	case took > m.limit:
		return false, gomega.StopTrying(fmt.Sprintf("too late: not healthy %s after the fault's end, allowed %s", probe.Round(took), m.limit)).Attach("sample", s)
	case m.relapsed(s):
		return false, gomega.StopTrying(fmt.Sprintf("healthy after the fault's end, and no longer so %s after it", probe.Round(took))).Attach("sample", s)
	case !s.Healthy():
		return false, undecided(false, func() string {
			return fmt.Sprintf("undecided: not healthy %s after the fault's end, allowed %s: look again until then, with Eventually (%s)", probe.Round(took), m.limit, s)
		})
	}
	return true, nil
}

// relapsed remembers a sample that is healthy, and reports whether one that is not
// came after such, since the same fault.
func (m *haveRecoveredWithin) relapsed(s probe.Sample) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Healthy() {
		m.healthy = s
		return false
	}
	return !m.healthy.FaultEnded.IsZero() && m.healthy.FaultEnded.Equal(s.FaultEnded) && m.healthy.Time.Before(s.Time)
}

func (m *haveRecoveredWithin) FailureMessage(actual any) string {
	return about(actual, "to have recovered within "+m.limit.String()+m.since(actual))
}

func (m *haveRecoveredWithin) NegatedFailureMessage(actual any) string {
	return about(actual, "not to have recovered within "+m.limit.String()+m.since(actual))
}

func (*haveRecoveredWithin) since(actual any) string {
	s, ok := actual.(probe.Sample)
	if !ok || s.FaultEnded.IsZero() {
		return ""
	}
	return fmt.Sprintf(" of the fault's end\nit ended %s before the answer", probe.Round(s.End().Sub(s.FaultEnded)))
}
