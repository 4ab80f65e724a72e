package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

var _ = Describe("a black hole", func() {
	var target, client *Host
	var here agent

	BeforeEach(func(ctx SpecContext) {
		needBPF(ctx)
		target, client = Connect(GinkgoTB())
		here = newAgent()
	})

	// silent checks that no packet reaches one socket, although a later packet has taken the
	// same way to the other socket.
	silent := func(from, to *Host, source, destination string) {
		GinkgoHelper()
		lost, control, sender := to.Listen(destination, 7000), to.Listen(destination, 7100), from.Listen(source, 0)
		defer closeAll(lost, control, sender)
		for range 20 {
			_, err := sender.WriteTo([]byte("lost"), lost.LocalAddr())
			Expect(err).NotTo(HaveOccurred(), "the sender must not notice")
		}
		_, err := sender.WriteTo([]byte("control"), control.LocalAddr())
		Expect(err).NotTo(HaveOccurred())
		Expect(control.SetReadDeadline(time.Now().Add(20 * time.Second))).To(Succeed())
		_, _, err = control.ReadFromUDP(make([]byte, 8))
		Expect(err).NotTo(HaveOccurred(), "the fault is not for the other port")
		Expect(lost.SetReadDeadline(time.Now().Add(50 * time.Millisecond))).To(Succeed())
		_, _, err = lost.ReadFromUDP(make([]byte, 8))
		Expect(errors.Is(err, os.ErrDeadlineExceeded)).To(BeTrue(), "%v", err)
	}

	It("has not taken effect by packets that any link has, though it loses them", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		var all uint64
		for _, address := range []string{"10.77.0.255", "255.255.255.255", "224.0.0.1"} {
			_, err := target.Run("ping", "-n", "-c", "1", "-W", "0.1", "-b", "-I", "eth0", address)
			Expect(err).To(HaveOccurred(), "it is lost")
			all++
		}
		_, _ = client.Run("ping", "-n", "-c", "1", "-W", "0.1", "-I", "eth0", "224.0.0.1")
		e := i.Evidence()
		Expect(e.Value("packets")).To(BeNumerically(">=", all+1))
		Expect(e.Effective).To(BeFalse())
		Expect(e.Summary).To(HaveSuffix("all of them multicast or broadcast, which any link has"))
		_, err := client.Run("ping", "-n", "-c", "1", "-W", "0.1", TargetIP)
		Expect(err).To(HaveOccurred())
		Expect(i.Evidence().Effective).To(BeTrue())
		Expect(i.Evidence().Summary).NotTo(ContainSubstring("multicast"))
		i.revert()
	})

	It("lets the host hear its own multicast, which has not come by the link", func(ctx SpecContext) {
		target.Must("ping", "-n", "-c", "1", "-W", "20", "-I", "eth0", "ff02::1%eth0")
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		target.Must("ping", "-n", "-c", "1", "-W", "20", "-I", "eth0", "ff02::1%eth0")
		i.revert()
	})

	It("leaves an address alone that is still being checked for duplicates", func(ctx SpecContext) {
		Expect(target.Must("ip", "-6", "addr", "show", "tentative")).To(BeEmpty())
		target.Must("ip", "addr", "add", "fd78::1/64", "dev", "eth0")
		Expect(target.Must("ip", "-6", "addr", "show", "tentative")).To(ContainSubstring("fd78::1"))
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		Eventually(func() string { return target.Must("ip", "-6", "addr", "show", "tentative") }, "20s").Should(BeEmpty())
		Expect(target.Must("ip", "-6", "addr", "show", "dadfailed")).To(BeEmpty())
		Expect(i.Evidence().Gaps).To(BeEmpty(), "it is no new link")
		i.revert()
	})

	It("silently drops packets that match, in both directions, and no others", func(ctx SpecContext) {
		before := target.State()
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Ports: []fault.PortRange{{First: 7000, Last: 7000}}}, ""))
		Expect(i.Attestation().Path).To(Equal("bpf"))
		Expect(i.Attestation().Readback).To(ContainElements(
			MatchRegexp(`^eth0 ingress: filter bpf chaosgate:spec-\d+:ingress, preference 12, direct-action, program \d+, tag [0-9a-f]+$`),
			MatchRegexp(`^eth0 egress: filter bpf `)))
		silent(target, client, TargetIP, ClientIP)
		silent(client, target, ClientIP, TargetIP)
		silent(target, client, TargetIP6, ClientIP6)
		silent(client, target, ClientIP6, TargetIP6)
		Expect(ping(client, TargetIP, 3)).To(HaveLen(3))
		e := i.Evidence()
		Expect(e.Value("packets")).To(Equal(record.Float(80)))
		Expect(e).To(HaveField("Effective", true))
		// 4 bytes with headers of 42 and 62.
		Expect(e.Summary).To(Equal("80 packets (4.375 KiB) lost in the black hole"))
		i.revert()
		Expect(target.State()).To(Equal(before))
		Expect(oneWay(target, client, TargetIP, ClientIP, 7000, 5)).To(HaveLen(5))
	})

	It("gives a connection no answer, not even a RST", func(ctx SpecContext) {
		var listener net.Listener
		Expect(target.Inside(func() (err error) {
			listener, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(TargetIP, "7000"))
			return err
		})).To(Succeed())
		DeferCleanup(listener.Close)
		dial := func(ctx context.Context, address string) error {
			return client.Inside(func() error {
				c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
				if err == nil {
					err = c.Close()
				}
				return err
			})
		}
		timedOut := func(err error) bool {
			var n net.Error
			return errors.As(err, &n) && n.Timeout()
		}
		Expect(dial(ctx, listener.Addr().String())).To(Succeed())
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Direction: fault.Ingress, Peers: []netip.Prefix{prefixOf(ClientIP)}}, ""))
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		Expect(dial(short, listener.Addr().String())).To(Satisfy(timedOut))
		short, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		Expect(dial(short, TargetIP+":7999")).To(Satisfy(timedOut), "a closed port would answer with a RST")
		Expect(i.Evidence().Value("packets")).To(BeNumerically(">=", 2))
		i.revert()
		Expect(dial(ctx, listener.Addr().String())).To(Succeed())
	})

	It("counts the packets of a large send one by one", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Direction: fault.Egress, Protocol: fault.UDP}, ""))
		sender := target.Listen(TargetIP, 0)
		// One frame of 10 segments: what UDP_SEGMENT makes of 10,000 bytes.
		Expect(segment(sender, 1000)).To(Succeed())
		address := &net.UDPAddr{IP: net.ParseIP(ClientIP), Port: 7000}
		_, err := sender.WriteToUDP(make([]byte, 10_000), address)
		Expect(err).NotTo(HaveOccurred())
		Expect(i.Evidence().Value("packets")).To(Equal(record.Float(10)))
	})

	It("comes before a delay", func(ctx SpecContext) {
		needPath(ctx, fault.UserSpacePath)
		d := here.mustInject(ctx, request(target, fault.Delay(ms(100)), fault.Filter{Protocol: fault.UDP}, fault.UserSpacePath))
		b := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{Ports: []fault.PortRange{{First: 7000, Last: 7000}}}, ""))
		silent(target, client, TargetIP, ClientIP)
		Expect(b.Evidence().Value("packets")).To(Equal(record.Float(20)))
		Expect(d.Evidence().Value("packets")).To(Equal(record.Float(1)), "only the control packet was delayed; the others were dropped")
		d.revert()
		b.revert()
	})

	It("notices that its target dies, and still cleans up", func(ctx SpecContext) {
		i := here.mustInject(ctx, request(target, fault.BlackHole(), fault.Filter{}, ""))
		Expect(i.Evidence().TargetDied).To(BeFalse())
		target.End()
		Expect(i.Evidence().TargetDied).To(BeTrue())
		Expect(i.Evidence().Summary).To(HaveSuffix("the target's first process ended"))
		i.revert()
		Expect(i.Evidence().TargetDied).To(BeTrue())
		Expect(here.namespaces.byInode).To(BeEmpty(), "the namespace has no users")
		Expect(fmt.Sprint(i.Attestation().Notes)).To(Equal("[]"))
	})
})
