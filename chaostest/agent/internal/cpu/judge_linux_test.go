package cpu

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
)

const ms = time.Millisecond

// Too much is as wrong as too little, unless the container itself has used it.
func TestABurnIsJudgedFromBothSides(t *testing.T) {
	for name, c := range map[string]struct {
		used, burnt, excess time.Duration // of 10 s of a quota of one processor
		effective           bool
		says                string
	}{
		"exact":                           {5000 * ms, 5000 * ms, 0, true, "the burner's part 5s"},
		"most of it by the container":     {5000 * ms, 1000 * ms, 0, true, "the burner's part 1s"},
		"a point below":                   {4910 * ms, 4910 * ms, 0, true, "the burner's part"},
		"two points below":                {4790 * ms, 4790 * ms, 0, false, "the machine had no processor time left to burn"},
		"a point above":                   {5090 * ms, 5090 * ms, 0, true, "the burner's part"},
		"the burner costs more":           {7500 * ms, 7500 * ms, 0, false, "the machine stood still at times, and that time counted as used by the burner"},
		"bursts of the container":         {7000 * ms, 2600 * ms, 2000 * ms, true, "at times the container used more than its share by itself"},
		"the container used it all":       {7000 * ms, 100 * ms, 2000 * ms, false, "the container used its share by itself, so the fault changed nothing"},
		"a counter that did not move yet": {0, 0, 0, false, "the machine had no processor time left to burn"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &burner{Site: &injector.Site{}, share: 0.5, cores: 1, threads: 1}
			r := reading{Cores: 1, Excess: c.excess, Turn: 10 * ms}
			effective, spoilt, summary := b.judge(r, 10*time.Second, 10*time.Second, c.used.Seconds()/10, c.burnt)
			NewWithT(t).Expect(effective).To(Equal(c.effective), summary)
			NewWithT(t).Expect(summary).To(ContainSubstring(c.says))
			if strings.Contains(c.says, "the machine") {
				NewWithT(t).Expect(spoilt).NotTo(BeEmpty(), "an overloaded machine is nobody's failure")
			} else {
				NewWithT(t).Expect(spoilt).To(BeEmpty())
			}
		})
	}
}

// The kernel lets a burner run on for some milliseconds. That is much of a span of 40 ms, and
// little of one of seconds.
func TestTheFirstMomentsOfABurnAreNotJudgedTooExactly(t *testing.T) {
	b := &burner{Site: &injector.Site{}, share: 0.2, cores: 0.5, threads: 1}
	for passed, effective := range map[time.Duration]bool{40 * ms: true, time.Second: false} {
		full := passed / 2
		used := 0.465
		got, _, summary := b.judge(reading{Cores: 0.5, Turn: 10 * ms}, passed, full, used, time.Duration(used*float64(full)))
		NewWithT(t).Expect(got).To(Equal(effective), summary)
	}
}

func TestABurnSaysThatTheQuotaHasChanged(t *testing.T) {
	b := &burner{Site: &injector.Site{}, share: 0.5, cores: 1, threads: 1}
	_, _, summary := b.judge(reading{Cores: 0.5, Turn: 10 * ms}, 10*time.Second, 10*time.Second, 0.5, 5*time.Second)
	NewWithT(t).Expect(summary).To(ContainSubstring("the quota went from 1 to 0.5 processors under the fault, and the burner follows it"))
}

func TestABurnThatCannotFollowALargerQuotaSaysSo(t *testing.T) {
	b := &burner{Site: &injector.Site{}, share: 0.9, cores: 1, threads: 1}
	effective, spoilt, summary := b.judge(reading{Cores: 2, Turn: 10 * ms}, 10*time.Second, 20*time.Second, 0.5, 10*time.Second)
	NewWithT(t).Expect([]any{effective, spoilt}).To(Equal([]any{false, ""}))
	NewWithT(t).Expect(summary).To(HaveSuffix("the quota went from 1 to 2 processors under the fault, and the burner follows it, as far as its 1 thread can"))
}

func TestAThrottleIsJudgedOverItsSpan(t *testing.T) {
	l := &throttle{cores: 0.2, period: 100 * ms}
	for name, c := range map[string]struct {
		throttled uint64
		used      time.Duration // over 10 s
		effective bool
	}{
		"slowed": {90, 2000 * ms, true}, "idle": {0, 100 * ms, true},
		"not enforced": {0, 4000 * ms, false}, "stopped at times, and yet more than the quota": {10, 4000 * ms, false},
	} {
		e := l.judge(100, c.throttled, c.used, 10*time.Second)
		NewWithT(t).Expect(e.Effective).To(Equal(c.effective), "%s: %s", name, e.Summary)
	}
}
