package scope_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

func TestEventsAreAppendedToTheFile(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events")
	g.Expect(os.WriteFile(path, nil, 0o600)).To(Succeed())
	t.Setenv(record.EventsVariable, path)
	s, _, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() { sc.Inject(t.Context(), fault.Pause(), scope.On(sc.Attach(t.Context(), "db"))) })
	lines, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	var kinds []record.EventKind
	for line := range strings.Lines(string(lines)) {
		event, err := record.Decode[record.Event](nil, line)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(event.Spec).To(Equal(t.Name()))
		kinds = append(kinds, event.Kind)
	}
	g.Expect(kinds).To(Equal([]record.EventKind{record.SpecStarted, record.Injected, record.Reverted, record.SpecEnded}))
}

func TestALapsedLeaseIsAnEventOfItsInjection(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events")
	g.Expect(os.WriteFile(path, nil, 0o600)).To(Succeed())
	t.Setenv(record.EventsVariable, path)
	s, fake, x := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	fake.Agent.OnEvidence = func(string) record.Evidence {
		return record.Evidence{Effective: true, LeaseLapsed: true, Summary: "it stood still"}
	}
	s.run(func() { x.Inject(t.Context(), fault.Pause(), scope.On(x.Attach(t.Context(), "db"))) })
	lines, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	kinds := map[record.EventKind]string{}
	for line := range strings.Lines(string(lines)) {
		event, err := record.Decode[record.Event](nil, line)
		g.Expect(err).NotTo(HaveOccurred())
		kinds[event.Kind] = event.ID
	}
	g.Expect(kinds).To(HaveKey(record.Lapsed))
	g.Expect(kinds[record.Lapsed]).To(And(Not(BeEmpty()), Equal(kinds[record.Injected]), Equal(kinds[record.Reverted])))
	rec, err := record.Decode[record.Injection](s.entries[0], "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rec.ID).To(Equal(kinds[record.Lapsed]), "the record has the ID of its events")
}
