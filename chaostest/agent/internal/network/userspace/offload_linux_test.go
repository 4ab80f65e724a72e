package userspace_test

import (
	"encoding/binary"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
)

// answers makes ethtool's answers for a link with these features. Those in on are switched
// on.
func answers(on map[string]bool, features ...string) (names, blocks []byte) {
	names, blocks = make([]byte, 12+32*len(features)), make([]byte, 8+16*((len(features)+31)/32))
	binary.NativeEndian.PutUint32(names[8:], uint32(len(features)))
	for i, name := range features {
		copy(names[12+32*i:], name)
		if on[name] {
			word := blocks[8+i/32*16+8:]
			binary.NativeEndian.PutUint32(word, binary.NativeEndian.Uint32(word)|1<<(i%32))
		}
	}
	return names, blocks
}

const (
	tso, tso6 = "tx-tcp-segmentation", "tx-tcp6-segmentation"
	ecn, uso  = "tx-tcp-ecn-segmentation", "tx-udp-segmentation"
)

func TestOffloadsAreTheOnesThatTheLinkHasSwitchedOn(t *testing.T) {
	g := NewWithT(t)
	all := map[string]bool{tso: true, tso6: true, ecn: true, uso: true, "rx-gro": true}
	g.Expect(userspace.OffloadsIn(answers(all, tso, tso6, ecn, uso, "rx-gro"))).To(Equal(userspace.AllOffloads))
	g.Expect(userspace.OffloadsIn(answers(nil, tso, tso6, ecn, uso))).To(Equal(unix.TUN_F_CSUM))
	g.Expect(userspace.OffloadsIn(answers(map[string]bool{tso6: true}, tso, "rx-gro", tso6))).To(Equal(unix.TUN_F_CSUM | unix.TUN_F_TSO6))
	many := append(make([]string, 40), uso)
	g.Expect(userspace.OffloadsIn(answers(map[string]bool{uso: true}, many...))).To(Equal(unix.TUN_F_CSUM|unix.TUN_F_USO4|unix.TUN_F_USO6), "in the second block")
}

// FuzzOffloads checks that no answer of ethtool makes the reader panic, or return an unknown
// offload.
func FuzzOffloads(f *testing.F) {
	names, blocks := answers(nil, make([]string, 40)...)
	f.Add(names, blocks)
	names, blocks = answers(map[string]bool{tso: true, uso: true}, tso, tso6, ecn, uso)
	f.Add(names, blocks)
	f.Add(names[:20], blocks)
	f.Add(names, blocks[:10])
	binary.NativeEndian.PutUint32(names[8:], 1<<32-1)
	f.Add(names, blocks)
	f.Fuzz(func(t *testing.T, names, blocks []byte) {
		got := userspace.OffloadsIn(names, blocks)
		if got&^userspace.AllOffloads != 0 || got&unix.TUN_F_CSUM == 0 {
			t.Fatalf("offloads %#x from %x and %x", got, names, blocks)
		}
	})
}
