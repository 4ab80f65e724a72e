package network

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// BenchmarkVerify measures what a live fault costs an idle agent: a look at the clock ten
// times a second, and a look at the kernel once a second.
func BenchmarkVerify(b *testing.B) {
	NeedRoot(b)
	g := NewWithT(b)
	target, _ := Connect(b)
	journal := injector.NewJournal(nil)
	handler, err := injector.Find(Faults(), fault.Delay(time.Second))
	g.Expect(err).NotTo(HaveOccurred())
	live, err := handler.Apply(b.Context(), request(target, fault.Delay(time.Second), fault.Filter{Direction: fault.Both}, ""), journal)
	g.Expect(err).NotTo(HaveOccurred())
	b.Cleanup(func() { g.Expect(journal.Unwind()).To(Succeed()) })
	n := live.(*injection).namespace
	b.Run("clock", func(b *testing.B) {
		for b.Loop() {
			n.looked = time.Now()
			live.Verify()
		}
	})
	b.Run("kernel", func(b *testing.B) {
		for b.Loop() {
			n.looked = time.Time{}
			live.Verify()
		}
	})
}

// BenchmarkInject measures an injection on a warm agent, with its revert.
func BenchmarkInject(b *testing.B) {
	NeedRoot(b)
	g := NewWithT(b)
	target, _ := Connect(b)
	handler, err := injector.Find(Faults(), fault.BlackHole())
	g.Expect(err).NotTo(HaveOccurred())
	for b.Loop() {
		journal := injector.NewJournal(nil)
		_, err := handler.Apply(b.Context(), request(target, fault.BlackHole(), fault.Filter{}, ""), journal)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(journal.Unwind()).To(Succeed())
	}
}
