package injectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/keeper"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Handlers makes an agent's handlers with a keeper.
type Handlers func(*keeper.Keeper) []injector.Handler

// subject is a site, and the handlers that apply faults there.
type subject struct {
	site

	t        *testing.T
	g        *gomega.WithT
	handlers []injector.Handler
	another  func() []injector.Handler // the handlers of another agent
}

// network is the site of a fault on packets.
func (s *subject) network() *networkSite { return s.site.(*networkSite) }

func newSubject(t *testing.T, handlers Handlers, f fault.Fault) *subject {
	t.Helper()
	s := &subject{site: newSite(t, f), t: t, g: gomega.NewWithT(t)}
	s.another = func() []injector.Handler {
		k := keeper.New()
		t.Cleanup(func() { s.g.Expect(k.Close()).To(gomega.Succeed()) })
		return handlers(k)
	}
	s.handlers = s.another()
	return s
}

// needSupport skips a fault on packets that this kernel cannot apply. The other
// faults need only what their site has looked for.
func needSupport(t *testing.T, handlers Handlers, f fault.Fault) {
	t.Helper()
	if !onPackets(f) {
		return
	}
	s := newSubject(t, handlers, f)
	journal := injector.NewJournal(nil)
	_, err := s.apply(t.Context(), s.request("1", f), journal)
	s.g.Expect(journal.Unwind()).To(gomega.Succeed())
	if errors.Is(err, fault.ErrUnsupported) {
		networktest.Need(t, networktest.RequireRoot, "a kernel that can apply it", err)
	}
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
}

func (s *subject) request(id string, f fault.Fault) injector.Request[fault.Fault] {
	r := injector.Request[fault.Fault]{
		ID: id, Target: s.target(), Fault: f, Lease: func() uint64 { return injector.In(time.Minute) },
	}
	if on, is := f.(fault.Filterable); is {
		r.Filter.Direction = on.DefaultDirection()
	}
	return r
}

// apply applies a fault. What is left of it is undone when the test ends.
func (s *subject) apply(ctx context.Context, r injector.Request[fault.Fault], journal *injector.Journal) (injector.Live, error) {
	s.t.Helper()
	handler, err := injector.Find(s.handlers, r.Fault)
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	s.t.Cleanup(func() { s.g.Expect(journal.Unwind()).To(gomega.Succeed()) })
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	return handler.Apply(ctx, r, journal)
}

func (s *subject) live(id string, f fault.Fault) (injector.Live, *injector.Journal) {
	s.t.Helper()
	journal := injector.NewJournal(nil)
	live, err := s.apply(s.t.Context(), s.request(id, f), journal)
	s.g.Expect(err).NotTo(gomega.HaveOccurred())
	s.g.Expect(s.touched()).To(gomega.BeTrue(), "a live fault shows")
	return live, journal
}

// reverted reverts a fault and checks that nothing is left of it.
func (s *subject) reverted(live injector.Live, journal *injector.Journal) {
	s.t.Helper()
	s.g.Expect(journal.Unwind()).To(gomega.Succeed())
	s.g.Expect(live.Prove()).To(gomega.Succeed())
	s.g.Expect(s.touched()).To(gomega.BeFalse())
}
