package injector

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

func TestPresenceKnowsWhenAFaultWasInForce(t *testing.T) {
	g := NewWithT(t)
	clock := uint64(1000)
	p := &Presence{now: func() uint64 { return clock }}
	at := func(since uint64) { clock = 1000 + since*uint64(time.Second) }

	p.Holds()
	p.Lost("too early", false)
	g.Expect(p.Gaps()).To(BeEmpty(), "it has not begun")
	g.Expect(p.InForce()).To(BeZero())

	p.Begin()
	at(2)
	p.Holds()
	g.Expect(p.InForce()).To(Equal(2 * time.Second))
	at(3)
	p.Lost("eth0 is gone", false)
	at(4)
	p.Lost("eth1 is gone", false)
	g.Expect(p.Gaps()).To(Equal([]record.Gap{{From: 2 * time.Second, Text: "eth0 is gone"}}), "since when is the last time it was seen")
	g.Expect(p.InForce()).To(Equal(2 * time.Second))
	at(5)
	p.Holds()
	at(7)
	p.Holds()
	g.Expect(p.InForce()).To(Equal(4 * time.Second))
	at(9)
	p.Lost("the container restarts", true)
	g.Expect(p.Gaps()).To(Equal([]record.Gap{
		{From: 2 * time.Second, To: 5 * time.Second, Text: "eth0 is gone"},
		{From: 7 * time.Second, Text: "the container restarts", Expected: true},
	}))
	g.Expect(p.InForce()).To(Equal(4 * time.Second))

	at(10)
	p.Lost("the container is still away", true)
	p.Lost("somebody has deleted a filter", false)
	at(11)
	p.Lost("the container is still away", true)
	at(12)
	p.Holds()
	g.Expect(p.Gaps()[1:]).To(Equal([]record.Gap{
		{From: 7 * time.Second, To: 10 * time.Second, Text: "the container restarts", Expected: true},
		{From: 10 * time.Second, To: 12 * time.Second, Text: "somebody has deleted a filter"},
	}), "what nobody allows for does not hide in a gap that somebody does")
	g.Expect(p.InForce()).To(Equal(4 * time.Second))
}
