package network

import (
	"errors"
	"fmt"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	attach "github.com/cilium/ebpf/link"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// passEverything attaches a TCX program that ends the way of all packets.
func passEverything(target *Host) (remove func()) {
	GinkgoHelper()
	device, err := target.LinkByName("eth0")
	Expect(err).NotTo(HaveOccurred())
	program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.SchedCLS, License: "MIT", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
	})
	Expect(err).NotTo(HaveOccurred())
	var attached attach.Link
	err = target.Inside(func() (err error) {
		attached, err = attach.AttachTCX(attach.TCXOptions{Interface: device.Attrs().Index, Program: program, Attach: ebpf.AttachTCXEgress})
		return err
	})
	Expect(program.Close()).To(Succeed())
	if errors.Is(err, ebpf.ErrNotSupported) {
		var host unix.Utsname
		Expect(unix.Uname(&host)).To(Succeed())
		var major, minor int
		_, unread := fmt.Sscanf(unix.ByteSliceToString(host.Release[:]), "%d.%d", &major, &minor)
		Expect(unread).NotTo(HaveOccurred())
		Expect(major*100+minor).To(BeNumerically("<", 606), "this kernel has TCX")
		Skip("TCX came with Linux 6.6: " + err.Error())
	}
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = attached.Close() })
	return func() { Expect(attached.Close()).To(Succeed()) }
}

var _ = Describe("what others put before the fault", func() {
	var target, client *Host
	const delay = 200 * time.Millisecond
	late := HaveEach(BeNumerically(">=", delay))

	add := func(preference string, filter ...string) {
		GinkgoHelper()
		target.Must("tc", append([]string{"filter", "add", "dev", "eth0", "egress", "prio", preference}, filter...)...)
	}
	u32 := func(action ...string) []string { return append([]string{"u32", "match", "u32", "0", "0"}, action...) }

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
	})

	DescribeTable("is noticed, and the gap lasts as long as it is there", func(ctx SpecContext, put func() (remove func()), words string) {
		before := target.State()
		q := request(target, fault.Delay(delay), fault.Filter{}, "")
		q.ComeAndGo = true // that is no excuse
		i := newAgent().mustInject(ctx, q)
		Expect(ping(client, TargetIP, 2)).To(late)
		remove := put()
		Eventually(func() int { i.Verify(); return len(i.Evidence().Gaps) }, "20s").Should(Equal(1))
		Expect(i.Evidence().Gaps[0]).To(And(HaveField("To", BeZero()), HaveField("Expected", false),
			HaveField("Text", MatchRegexp(words+" on eth0 egress may end the way of packets before they meet the fault: somebody else has added that"))))
		Expect(ping(client, TargetIP, 2)).To(HaveEach(BeNumerically("<", delay)), "the fault is listed, and sees nothing")
		remove()
		Eventually(func() []time.Duration { i.Verify(); return tryPing(client, TargetIP) }, "20s").Should(late)
		Eventually(func() time.Duration { i.Verify(); return i.Evidence().Gaps[0].To }, "20s").ShouldNot(BeZero())
		gap(i)
		i.revert()
		Expect(target.State()).To(Equal(before))
	},
		Entry("a filter with a lower preference", func() func() {
			add("1", u32("action", "mirred", "egress", "mirror", "dev", "lo")...)
			return func() { target.Must("tc", "filter", "del", "dev", "eth0", "egress", "prio", "1") }
		}, `^filter u32 with preference 1`),
		Entry("a filter that gives packets a class", func() func() {
			add("1", u32("classid", "1:1")...)
			return func() { target.Must("tc", "filter", "del", "dev", "eth0", "egress", "prio", "1") }
		}, `^filter u32 with preference 1`),
		Entry("a program", func() func() { return passEverything(target) }, `^TCX program \d+`),
	)

	DescribeTable("is refused if it was there first", func(ctx SpecContext, put func(), words string) {
		target.Must("tc", "qdisc", "add", "dev", "eth0", "clsact")
		put()
		before := target.State()
		_, err := newAgent().inject(ctx, request(target, fault.Delay(delay), fault.Filter{}, ""))
		Expect(err).To(And(MatchError(fault.ErrUnsupported), MatchError(MatchRegexp(words))))
		Expect(target.State()).To(Equal(before))
		newAgent().mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Direction: fault.Ingress}, "")).revert()
	},
		Entry("a filter", func() { add("5", u32("classid", "1:1")...) }, `filter u32 with preference 5 on eth0 egress: .*give a filter a preference above 13`),
		Entry("a program", func() { passEverything(target) }, `TCX program \d+ on eth0 egress: remove it`),
	)

	It("is no harm if all packets go on", func(ctx SpecContext) {
		target.Must("tc", "qdisc", "add", "dev", "eth0", "clsact")
		// Not every kernel has the actions that do nothing else than to continue.
		add("5", u32("action", "mirred", "egress", "mirror", "dev", "lo", "continue")...)
		add("6", u32("action", "mirred", "egress", "mirror", "dev", "lo", "pipe", "action", "mirred", "egress", "mirror", "dev", "lo", "continue")...)
		before := target.State()
		i := newAgent().mustInject(ctx, request(target, fault.Delay(delay), fault.Filter{}, ""))
		add("7", u32("action", "mirred", "egress", "mirror", "dev", "lo", "continue")...)
		add("99", u32("classid", "1:1")...)
		i.Verify()
		Expect(ping(client, TargetIP, 2)).To(late)
		Expect(i.Evidence().Gaps).To(BeEmpty())
		for _, preference := range []string{"7", "99"} {
			target.Must("tc", "filter", "del", "dev", "eth0", "egress", "prio", preference)
		}
		i.revert()
		Expect(target.State()).To(Equal(before))
	})
})
