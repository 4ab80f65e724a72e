package userspace_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
)

func TestTheMemoryOfABurstIsReturnedAndALittleIsKept(t *testing.T) {
	g := NewWithT(t)
	kept, err := userspace.BurstThenShrink(16 << 20)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept).To(BeZero())
	kept, err = userspace.BurstThenShrink(1 << 20)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept).To(Equal(1<<20), "steady traffic keeps its pages")
}
