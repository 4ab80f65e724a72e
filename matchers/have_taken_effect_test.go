package matchers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
	. "github.com/chaosgate/chaosgate/matchers"
)

// injection is evidence of an injection that keeps what was judged of it.
type injection struct {
	record     record.Injection
	judgements *record.Judgements
}

func (i injection) Record() record.Injection { return i.record }

func (i injection) Judged(matcher, objective string, judgement func() record.Judgement) string {
	return i.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}

func slow(e record.Evidence) injection {
	return injection{record.Injection{Fault: "delay 300ms", Target: "db", Filter: "ingress from shop, port 5432", Evidence: e}, &record.Judgements{}}
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
	expect(t, `HaveTakenEffect matcher expects an Injection's evidence: write Expect(slow.Evidence(ctx)).To(HaveTakenEffect()).  Got:
    <int>`, func(g Gomega) { g.Expect(7).To(HaveTakenEffect()) })
}

func TestWhatAnInjectionShowsIsRecorded(t *testing.T) {
	for want, i := range map[record.Outcome]injection{
		record.Kept:       slow(record.Evidence{Effective: true, Summary: "9 packets"}),
		record.ToolFailed: slow(record.Evidence{Summary: "no packet"}),
		record.Violated:   slow(record.Evidence{Effective: true, TargetDied: true}),
		record.Undecided:  slow(record.Evidence{Effective: true, Spoilt: "2 out-of-memory kills"}),
	} {
		var message string
		g := NewGomega(func(text string, _ ...int) { message = text })
		if want == record.Kept {
			g.Expect(i).NotTo(HaveTakenEffect())
		} else {
			g.Expect(i).To(HaveTakenEffect())
		}
		_, marks := record.Marks(message)
		all := i.judgements.Records()
		_, words := i.record.Proof()
		if len(all) != 1 || all[0].Outcome != want || all[0].Text != words || len(marks) != 1 || marks[0].ID != all[0].ID || marks[0].Outcome != want {
			t.Errorf("%s: judgements %+v, failed with\n%s", want, all, message)
		}
	}
}

func TestAnInjectionThatProvesNothingFailsInBothPolarities(t *testing.T) {
	for _, e := range []record.Evidence{
		{Effective: true, TargetDied: true, LeaseLapsed: true, Spoilt: "an out-of-memory kill", Summary: "12 packets"},
		{Effective: true, LeaseLapsed: true, Summary: "12 packets"},
		{Effective: true, Spoilt: "2 out-of-memory kills", Summary: "10 MiB held"},
	} {
		i := slow(e)
		_, want := i.record.Proof()
		if ok, err := HaveTakenEffect().Match(i); ok || err == nil || unmarked(err) != want {
			t.Errorf("got %v and error\n%v, want\n%s", ok, err, want)
		}
		for _, assert := range []func(Gomega){
			func(g Gomega) { g.Expect(i).To(HaveTakenEffect()) },
			func(g Gomega) { g.Expect(i).NotTo(HaveTakenEffect()) },
		} {
			if text := failure(assert); text != want {
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
