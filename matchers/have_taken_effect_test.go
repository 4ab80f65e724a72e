package matchers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

type injection record.Injection

func (i injection) Record() record.Injection { return record.Injection(i) }

func slow(e record.Evidence) injection {
	return injection{Fault: "delay 300ms", Target: "db", Filter: "ingress from shop, port 5432", Evidence: e}
}

func TestHaveTakenEffect(t *testing.T) {
	effective := slow(record.Evidence{Effective: true, Summary: "412 packets held for 300ms"})
	idle := slow(record.Evidence{Summary: "no packet matched"})
	expect(t, "", func(g Gomega) { g.Expect(effective).To(HaveTakenEffect()) })
	expect(t, "", func(g Gomega) { g.Expect(idle).NotTo(HaveTakenEffect()) })
	expect(t, `Expected
    delay 300ms on db, ingress from shop, port 5432
to have taken effect
but no packet matched`, func(g Gomega) { g.Expect(idle).To(HaveTakenEffect()) })
	expect(t, `Expected
    delay 300ms on db, ingress from shop, port 5432
not to have taken effect
but 412 packets held for 300ms`, func(g Gomega) { g.Expect(effective).NotTo(HaveTakenEffect()) })
	expect(t, `HaveTakenEffect matcher expects an Injection, such as Inject returns.  Got:
    <int>: 7`, func(g Gomega) { g.Expect(7).To(HaveTakenEffect()) })
	if text := HaveTakenEffect().FailureMessage(effective); !strings.HasSuffix(text, "but it had not when it was judged, and has only now: 412 packets held for 300ms") {
		t.Errorf("the message of one that took effect meanwhile is\n%s", text)
	}
}

func TestAnInjectionThatProvesNothingFailsInBothPolarities(t *testing.T) {
	const on = "delay 300ms on db, ingress from shop, port 5432: "
	broken := slow(record.Evidence{})
	broken.Error = "evidence: agent does not answer"
	for want, i := range map[string]injection{
		on + "evidence: agent does not answer": broken,
		on + "the target's first process ended under the fault: a finding about the target: 12 packets": slow(record.Evidence{
			Effective: true, TargetDied: true, LeaseLapsed: true, Spoilt: "an out-of-memory kill", Summary: "12 packets",
		}),
		on + "not proven: the lease ran out before the fault was reverted, so what was measured meanwhile proves nothing: 12 packets": slow(record.Evidence{
			Effective: true, LeaseLapsed: true, Summary: "12 packets",
		}),
		on + "not proven: 2 out-of-memory kills in the container under the fault: 10 MiB held": slow(record.Evidence{
			Effective: true, Spoilt: "2 out-of-memory kills in the container under the fault", Summary: "10 MiB held",
		}),
	} {
		if ok, err := HaveTakenEffect().Match(i); ok || err == nil || err.Error() != want {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
		for _, assert := range []func(Gomega){
			func(g Gomega) { g.Expect(i).To(HaveTakenEffect()) },
			func(g Gomega) { g.Expect(i).NotTo(HaveTakenEffect()) },
		} {
			if text := failure(assert); !strings.Contains(text, want) {
				t.Errorf("failed with\n%s\n--- want\n%s", text, want)
			}
		}
	}
}

func TestEventuallyWaitsForTheFirstPacket(t *testing.T) {
	looks := 0
	expect(t, "", func(g Gomega) {
		g.Eventually(func() injection {
			looks++
			return slow(record.Evidence{Effective: looks == 3, Summary: "packets"})
		}).WithTimeout(time.Minute).WithPolling(time.Microsecond).Should(HaveTakenEffect())
	})
	if looks != 3 {
		t.Errorf("%d looks, want 3", looks)
	}
}
