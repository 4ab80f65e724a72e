package tc

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

func TestTC(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "traffic control")
}

// open opens a host's namespace for a spec.
func open(h *Host) *Namespace {
	GinkgoHelper()
	n, err := Open(h.NamespacePath())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(n.Close)
	return n
}

// linkOf finds a link by its name.
func linkOf(n *Namespace, name string) Link {
	GinkgoHelper()
	all, err := n.Links()
	Expect(err).NotTo(HaveOccurred())
	for _, l := range all {
		if l.Name == name {
			return l
		}
	}
	Fail("there is no link " + name)
	return Link{}
}
