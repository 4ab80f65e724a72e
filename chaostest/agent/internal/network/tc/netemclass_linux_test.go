package tc

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

// netemHere is why this kernel has no netem, or nil.
func netemHere() error {
	return Scratch(func(n *Namespace) error {
		if _, err := n.AddRoot(LoopbackLink()); err != nil {
			return err
		}
		return n.NetemClass(LoopbackLink(), 1, Netem{Delay: time.Millisecond, Limit: NetemLimit}).Add()
	})
}

var _ = Describe("a class with a netem", func() {
	BeforeEach(func() {
		NeedRoot(GinkgoTB())
		Need(GinkgoTB(), RequireNetem, "netem", netemHere())
	})

	It("is read back as requested, and leaves nothing behind", func() {
		target, _ := Connect(GinkgoTB())
		n := open(target)
		eth0 := linkOf(n, "eth0")
		before := target.State()
		_, err := n.AddRoot(eth0)
		Expect(err).NotTo(HaveOccurred())
		class := n.NetemClass(eth0, 7, Netem{Delay: time.Second, Jitter: time.Millisecond, Limit: 1000, Seed: 42})
		Expect(class.String()).To(Equal("class c6a7:7 of eth0"))
		_, _, err = class.Readback()
		Expect(err).To(MatchError("read class c6a7:7 of eth0 back: there is no such class"))
		Expect(class.Add()).To(Succeed())
		lines, seeded, err := class.Readback()
		Expect(err).NotTo(HaveOccurred())
		netem := "eth0: qdisc netem c707:0 parent c6a7:7 delay 1s jitter 1ms limit 1000"
		if seeded { // from Linux 6.6 on
			netem += " seed 42"
		}
		Expect(lines).To(Equal([]string{"eth0: qdisc htb c6a7:0 root", "eth0: class htb c6a7:7, rate 32 Gbit/s", netem}))
		Expect(class.Counts()).To(BeZero())
		Expect(class.Drain()).To(Succeed())
		Expect(class.Remove()).To(Succeed())
		Expect(class.Remove()).To(Succeed(), "it is gone already")
		Expect(class.Counts()).To(BeZero(), "the last counts")
		Expect(n.RemoveRoot(eth0)).To(Succeed())
		Expect(target.State()).To(Equal(before))
	})

	It("that somebody removes keeps the counts that were read last", func() {
		target, client := Connect(GinkgoTB())
		n := open(target)
		eth0 := linkOf(n, "eth0")
		_, err := n.AddRoot(eth0)
		Expect(err).NotTo(HaveOccurred())
		class := n.NetemClass(eth0, 1, Netem{Delay: time.Millisecond, Limit: 1000})
		Expect(class.Add()).To(Succeed())
		target.Must("tc", "filter", "add", "dev", "eth0", "parent", "c6a7:", "prio", "1", "u32", "match", "u32", "0", "0", "classid", "c6a7:1")
		client.Must("ping", "-n", "-c", "3", "-i", "0.01", TargetIP)
		read, err := class.Counts()
		Expect(err).NotTo(HaveOccurred())
		Expect(read.Sent).To(BeNumerically(">=", 3))
		target.Must("tc", "qdisc", "del", "dev", "eth0", "root")
		Expect(class.Counts()).To(Equal(read))
		Expect(class.Remove()).To(Succeed())
		Expect(class.Counts()).To(Equal(read))
	})

	It("that differs in the kernel is an error", func() {
		target, _ := Connect(GinkgoTB())
		n := open(target)
		eth0 := linkOf(n, "eth0")
		_, err := n.AddRoot(eth0)
		Expect(err).NotTo(HaveOccurred())
		class := n.NetemClass(eth0, 1, Netem{Delay: time.Second, Limit: 1000})
		Expect(class.Add()).To(Succeed())
		target.Must("tc", "qdisc", "change", "dev", "eth0", "parent", "c6a7:1", "netem", "limit", "1000", "delay", "2s")
		_, _, err = class.Readback()
		Expect(err).To(MatchError("read qdisc netem back: the kernel does delay 2s limit 1000, requested was delay 1s limit 1000"))
	})
})
