package tc

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	. "github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
)

var _ = Describe("the lock of a namespace", func() {
	It("is held by one agent at a time, in that namespace", func() {
		NeedRoot(GinkgoTB())
		target, other := NewHost(GinkgoTB()), NewHost(GinkgoTB())
		one, another := open(target), open(target)
		unlock, err := one.Lock(0)
		Expect(err).NotTo(HaveOccurred())
		_, err = another.Lock(10 * time.Millisecond)
		Expect(err).To(MatchError(ContainSubstring("address already in use: does another test process stand still there")))
		elsewhere, err := open(other).Lock(0)
		Expect(err).NotTo(HaveOccurred())
		Expect(elsewhere()).To(Succeed())

		waited := make(chan error)
		go func() {
			unlock, err := another.Lock(time.Minute)
			if err == nil {
				err = unlock()
			}
			waited <- err
		}()
		Consistently(waited, "50ms").ShouldNot(Receive())
		Expect(unlock()).To(Succeed())
		Eventually(waited, "20s").Should(Receive(BeNil()))
	})
})
