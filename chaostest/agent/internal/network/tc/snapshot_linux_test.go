package tc

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/vishvananda/netlink"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

// look makes a snapshot of eth0, which is interface 2.
func look(agents bool, objects map[string]string) Snapshot {
	s := Snapshot{links: map[int]string{2: "eth0"}, objects: map[Object]string{{Link: 2}: "eth0, MTU 1500"}, agents: map[int]bool{2: agents}, roots: map[int]bool{}}
	for part, is := range objects {
		s.objects[Object{2, part}] = is
	}
	return s
}

func TestDifferences(t *testing.T) {
	g := NewWithT(t)
	unused := func(Object) bool { return false }
	root := qdiscPart(netlink.HANDLE_ROOT)
	before := look(false, map[string]string{root: "noqueue 0:", clsactPart: "clsact ffff:"})

	g.Expect(Differences(before, before, unused)).To(BeEmpty())
	g.Expect(Differences(before, look(false, map[string]string{root: "htb c6a7:", "ingress filter": "u32"}), unused)).To(Equal([]string{
		"ingress filter of eth0 was not there, is u32",
		"qdisc at ingress of eth0 was clsact ffff:, is gone",
		"qdisc at root of eth0 was noqueue 0:, is htb c6a7:",
	}))

	used := func(o Object) bool { return o.IsQdisc() && !o.IsClsact() }
	g.Expect(Differences(before, look(false, map[string]string{root: "htb c6a7:", clsactPart: "clsact ffff:"}), used)).To(BeEmpty())
	g.Expect(Differences(before, look(true, map[string]string{root: "noqueue 0:"}), unused)).To(BeEmpty(), "that clsact has filters of agents")

	changed := look(false, map[string]string{root: "noqueue 0:", clsactPart: "clsact ffff:"})
	changed.objects[Object{Link: 2}] = "eth0, MTU 9000"
	g.Expect(Differences(before, changed, unused)).To(Equal([]string{"interface of eth0 was eth0, MTU 1500, is eth0, MTU 9000"}))

	shared := look(false, map[string]string{root: "htb c6a7:"})
	shared.roots[2] = true
	bare := look(false, map[string]string{root: "noqueue 0:"})
	g.Expect(Differences(bare, shared, unused)).To(BeEmpty(), "another agent has added an HTB")
	g.Expect(Differences(shared, bare, unused)).To(BeEmpty(), "and has removed it")

	another := look(false, map[string]string{root: "pfifo 8001:"})
	another.objects[Object{Link: 2}] = "eth0, MTU 9000"
	bare.Forget(2)
	g.Expect(Differences(bare, another, unused)).To(BeEmpty(), "that is another link")

	nothing := Snapshot{}
	g.Expect(Differences(before, nothing, unused)).To(BeEmpty(), "no fault removes a link")
	g.Expect(Differences(nothing, before, unused)).To(BeEmpty(), "no fault adds one")
}

var _ = Describe("a snapshot of a namespace", func() {
	BeforeEach(func() { NeedRoot(GinkgoTB()) })

	It("sees foreign qdiscs and filters, and not our own", func() {
		target, _ := Connect(GinkgoTB())
		n := open(target)
		eth0 := linkOf(n, "eth0")
		before, err := n.Snapshot()
		Expect(err).NotTo(HaveOccurred())
		differences := func() []string {
			GinkgoHelper()
			now, err := n.Snapshot()
			Expect(err).NotTo(HaveOccurred())
			return Differences(before, now, func(Object) bool { return false })
		}
		attach(n, Hook{eth0, Ingress}, "one")
		Expect(differences()).To(BeEmpty())
		target.Must("tc", "filter", "add", "dev", "eth0", "egress", "prio", "99", "u32", "match", "u32", "0", "0", "classid", "1:1")
		Expect(differences()).To(ContainElement(MatchRegexp(`^egress filter, preference 99, handle 0x80000800 of eth0 was not there, is u32, protocol 0x3$`)))
		target.Must("tc", "filter", "delete", "dev", "eth0", "egress", "prio", "99")
		Expect(n.RemoveFilter(Hook{eth0, Ingress}, FilterName("one", Ingress))).To(Succeed())
		Expect(n.RemoveClsact(eth0)).To(Succeed())
		target.Must("ip", "link", "set", "eth0", "mtu", "1400")
		Expect(differences()).To(ConsistOf(ContainSubstring("MTU 1400")))
	})
})
