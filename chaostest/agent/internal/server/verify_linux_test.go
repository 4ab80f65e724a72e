package server_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func TestLiveFaultsAreVerifiedAllTheTime(t *testing.T) {
	g := NewWithT(t)
	book, client := connect(t, time.Minute)
	_, err := client.Inject(t.Context(), pause(t, "a"))
	g.Expect(err).NotTo(HaveOccurred())
	verified := func() int {
		book.mu.Lock()
		defer book.mu.Unlock()
		return book.verified
	}
	before := verified()
	_, err = client.Evidence(t.Context(), "a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(verified()).To(BeNumerically(">", before), "evidence is what holds now")
	before = verified()
	_, err = client.Revert(t.Context(), "a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(verified()).To(BeNumerically(">", before), "and so is the final evidence")
	before = verified()
	_, err = client.Evidence(t.Context(), "a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(verified()).To(Equal(before), "what is over is not verified")
}

func TestTheServerVerifiesWithoutBeingAsked(t *testing.T) {
	g := NewWithT(t)
	book, client := connect(t, 3*time.Second)
	_, err := client.Inject(t.Context(), pause(t, "a"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(func() int {
		book.mu.Lock()
		defer book.mu.Unlock()
		return book.verified
	}, "10s").Should(BeNumerically(">=", 2))
}

func TestAFilterIsReplacedWhileTheFaultIsLive(t *testing.T) {
	g := NewWithT(t)
	book, client := connect(t, time.Minute)
	filter := fault.Filter{Direction: fault.Egress, Label: "to db"}
	g.Expect(client.Filter(t.Context(), "a", filter)).To(MatchError(ContainSubstring("there is no such injection")))
	_, err := client.Inject(t.Context(), pause(t, "a"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(client.Filter(t.Context(), "a", fault.Filter{Direction: "sideways"})).To(MatchError(ContainSubstring("sideways")))
	g.Expect(client.Filter(t.Context(), "a", filter)).To(Succeed())
	book.mu.Lock()
	g.Expect(book.filter).To(Equal(filter))
	book.mu.Unlock()
	_, err = client.Revert(t.Context(), "a")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(client.Filter(t.Context(), "a", filter)).To(MatchError(ContainSubstring("it is not live")))
}
