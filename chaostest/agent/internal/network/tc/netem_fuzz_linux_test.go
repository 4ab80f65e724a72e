package tc

import (
	"encoding/hex"
	"testing"

	"github.com/vishvananda/netlink/nl"
)

// netemOf1 is the netem of class 1 on interface 2.
var netemOf1 = nl.TcMsg{Ifindex: 2, Parent: ClassID(1), Handle: netemHandle(1)}

// qdisc encodes a netem as the kernel lists it.
func qdisc(e Netem) []byte {
	m := netemOf1
	b := append(m.Serialize(), nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("netem")).Serialize()...)
	return append(b, e.attributes().Serialize()...)
}

// listedByLinux is netemOf1 with a delay of 2 s, as Linux 6.1 lists it on a little-endian
// machine.
func listedByLinux(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString("" +
		"0000000002000000000001c70100a7c6010000000a0001006e6574656d0000007000020050d6dc01e803000000000000" +
		"0000000000000000000000000c000a0000943577000000000c000b000000000000000000100001000000000000000000" +
		"000000000c00030000000000000000000c00040000000000000000001400060000000000000000000000000000000000" +
		"05000c000000000004000900380007000400060014000100000000000000000000000000000000000400060018000300" +
		"00000000000000000000000000000000000000002c000300000000000000000000000000000000000000000000000000" +
		"00000000000000000000000000000000")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzNetem checks that no message makes the reader panic, and that a netem stays the same
// when it is encoded and read again.
func FuzzNetem(f *testing.F) {
	f.Add(qdisc(plain))
	f.Add(qdisc(spread))
	f.Add(listedByLinux(f))
	f.Add(qdisc(plain)[:len(qdisc(plain))-1])
	f.Add(qdisc(plain)[:nl.SizeofTcMsg+10])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, message []byte) {
		e, found, err := findNetem(message, netemOf1)
		if err != nil || !found {
			return
		}
		again, found, err := findNetem(qdisc(e), netemOf1)
		if err != nil || !found || again != e {
			t.Fatalf("read %+v from %x, and %+v (found: %t, error: %v) after it was encoded", e, message, again, found, err)
		}
	})
}
