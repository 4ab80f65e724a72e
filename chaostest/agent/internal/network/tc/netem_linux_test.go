package tc

import (
	"encoding/binary"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink/nl"
)

var (
	plain  = Netem{Delay: 200 * time.Millisecond, Limit: NetemLimit}
	spread = Netem{Delay: time.Second, Jitter: MaxNetemJitter, Limit: NetemLimit, Seed: 1<<64 - 1}
)

func TestNetemIsReadBackAsItWasEncoded(t *testing.T) {
	for _, e := range []Netem{{}, plain, spread} {
		got, found, err := findNetem(qdisc(e), netemOf1)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(found).To(BeTrue())
		NewWithT(t).Expect(got).To(Equal(e))
	}
}

func TestNetemIsReadAsLinuxListsIt(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the message comes from a little-endian machine")
	}
	got, found, err := findNetem(listedByLinux(t), netemOf1)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(found).To(BeTrue())
	NewWithT(t).Expect(got).To(Equal(Netem{Delay: 2 * time.Second, Limit: 1000}))
}

func TestNetemOfAnotherClassIsNotFound(t *testing.T) {
	for _, other := range []nl.TcMsg{
		{Ifindex: 3, Parent: netemOf1.Parent, Handle: netemOf1.Handle},
		{Ifindex: 2, Parent: ClassID(2), Handle: netemOf1.Handle},
		{Ifindex: 2, Parent: netemOf1.Parent, Handle: netemHandle(2)},
	} {
		_, found, err := findNetem(qdisc(plain), other)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(found).To(BeFalse())
	}
}

func TestNetemPrintsItsSettings(t *testing.T) {
	g := NewWithT(t)
	g.Expect(plain.String()).To(Equal("delay 200ms limit 1000000"))
	g.Expect(spread.String()).To(Equal("delay 1s jitter 2.147483647s limit 1000000 seed 18446744073709551615"))
}

func TestADifferentNetemInTheKernelIsAnError(t *testing.T) {
	g := NewWithT(t)
	g.Expect(checkNetem(spread, spread)).To(Succeed())
	older := spread
	older.Seed = 0
	g.Expect(checkNetem(spread, older)).To(Succeed(), "a kernel that takes no seed")
	short := plain
	short.Limit = 1000
	g.Expect(checkNetem(plain, short)).To(MatchError("read qdisc netem back: the kernel does delay 200ms limit 1000, requested was delay 200ms limit 1000000"))
	seeded := plain
	seeded.Seed = 7
	g.Expect(checkNetem(spread, seeded)).To(HaveOccurred())
}
