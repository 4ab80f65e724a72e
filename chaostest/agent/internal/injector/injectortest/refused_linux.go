package injectortest

import (
	"context"
	"errors"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

func refused(s *subject, f fault.Fault) {
	says, ended := s.answers(), s.ended()
	for want, change := range map[string]func(*injector.Request[fault.Fault]){
		says.foreign: func(r *injector.Request[fault.Fault]) { r.Target.ID = "4f5e9a" },
		says.ended:   func(r *injector.Request[fault.Fault]) { r.Target.PID = ended },
	} {
		r := s.request("1", f)
		change(&r)
		_, err := s.apply(s.t.Context(), r, injector.NewJournal(func(step string) error {
			s.t.Errorf("a step was about to be done: %s", step)
			return nil
		}))
		s.g.Expect(err).To(MatchError(And(ContainSubstring(says.refused), ContainSubstring(want))))
		s.g.Expect(s.touched()).To(BeFalse())
	}
}

func canceledBefore(s *subject, f fault.Fault) {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	journal := injector.NewJournal(nil)
	_, err := s.apply(ctx, s.request("1", f), journal)
	s.g.Expect(err).To(MatchError(context.Canceled))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
}

func canceledHalfWay(s *subject, f fault.Fault) {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	journal := injector.NewJournal(func(string) error { cancel(); return nil })
	_, err := s.apply(ctx, s.request("1", f), journal)
	s.g.Expect(err).To(MatchError(context.Canceled))
	s.g.Expect(journal.Unwind()).To(Succeed())
	s.g.Expect(s.touched()).To(BeFalse())
}

func unwritten(s *subject, f fault.Fault) {
	_, err := s.apply(s.t.Context(), s.request("1", f), injector.NewJournal(func(string) error { return errors.New("disk full") }))
	s.g.Expect(err).To(MatchError(MatchRegexp(`^write undo step ".* shop" to the journal: disk full$`)))
	s.g.Expect(s.touched()).To(BeFalse())
}
