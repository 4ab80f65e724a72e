package injectortest

import (
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// overlapping applies a second fault while the first is live. If the second is
// refused, its error names the first, or what the first has already reached, and it
// is applied once the first is reverted. If it is applied at once, it stays when the
// first is reverted.
func overlapping(s *subject, first, second fault.Fault) {
	one, journal := s.live("one", first)
	with := s.state()
	another := injector.NewJournal(nil)
	two, err := s.apply(s.t.Context(), s.request("two", second), another)
	if err != nil {
		s.g.Expect(err).To(MatchError(Or(s.answers().clash(first)...)))
		s.g.Expect(another.Unwind()).To(Succeed())
		s.g.Expect(s.state()).To(Equal(with), "it was left alone")
		s.g.Expect(one.Evidence().LeaseLapsed).To(BeFalse())
		s.reverted(one, journal)
		two, another = s.live("two", second)
		s.overlapped(one.Attestation(), two.Attestation(), true)
		s.reverted(two, another)
		return
	}
	s.overlapped(one.Attestation(), two.Attestation(), false)
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(one.Prove()).To(Succeed())
	s.g.Expect(s.touched()).To(BeTrue(), "the other stays")
	s.g.Expect(s.felt()).To(BeTrue(), "a live fault is felt")
	s.g.Expect(two.Renew(injector.In(time.Minute))).To(Succeed())
	s.reverted(two, another)
}
