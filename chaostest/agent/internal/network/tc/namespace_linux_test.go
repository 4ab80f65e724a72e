package tc

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

var _ = Describe("A namespace", func() {
	BeforeEach(func() { NeedRoot(GinkgoTB()) })

	It("of a process that has ended is refused", func() {
		h := NewHost(GinkgoTB())
		h.End()
		_, err := Open(h.NamespacePath())
		Expect(err).To(MatchError(And(ContainSubstring("no such file or directory: has the process ended"), ContainSubstring("/ns/net"))))
	})

	It("is refused with the name of the capability that the agent lacks", func() {
		n := open(NewHost(GinkgoTB()))
		Expect(OnSpoiledThread(GinkgoTB(), Without(unix.CAP_SYS_ADMIN), n.enter)).To(
			MatchError(ContainSubstring("operation not permitted: the agent needs CAP_SYS_ADMIN in the first user namespace")))
	})

	It("contains the thread of Inside, and no other thread", func() {
		h := NewHost(GinkgoTB())
		n := open(h)
		outside, err := inodeOf("/proc/thread-self/ns/net")
		Expect(err).NotTo(HaveOccurred())
		var inside uint64
		Expect(n.Inside(func() (err error) {
			inside, err = inodeOf("/proc/thread-self/ns/net")
			return err
		})).To(Succeed())
		Expect(inside).To(Equal(n.Inode))
		Expect(inodeOf("/proc/thread-self/ns/net")).To(Equal(outside))
	})

	It("that is temporary is new, and ends with its function", func() {
		var first, second *Namespace
		Expect(Scratch(func(n *Namespace) error { first = n; return nil })).To(Succeed())
		Expect(Scratch(func(n *Namespace) error { second = n; return nil })).To(Succeed())
		Expect(first.file.Close()).NotTo(Succeed(), "it is closed")
		Expect(second.file.Close()).NotTo(Succeed())
	})
})

func inodeOf(path string) (uint64, error) {
	var s unix.Stat_t
	err := unix.Stat(path, &s)
	return s.Ino, err
}
