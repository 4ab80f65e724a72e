package scope_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// Names are in the keys that a baseline compares, so they do not depend on the run.
func TestServicesOfOneNameAreToldApart(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	replica := func(id string) *scope.Service {
		target := drivertest.NewTarget("db", running("net", "10.0.0.3"))
		target.TargetID = id
		return sc.Run(t.Context(), starter{target: target, removed: func() {}})
	}
	s.end()
	for _, spec := range []string{"first", "second"} {
		s.name = spec
		s.run(func() {
			first := sc.Attach(t.Context(), "db")
			g.Expect(first.Name()).To(Equal("db"))
			g.Expect(replica("1").Name()).To(Equal("db-2"), spec)
			g.Expect(sc.Attach(t.Context(), "db").Name()).To(Equal("db"), "a service that is asked for again keeps its name")
			third := replica("2")
			g.Expect(third.Name()).To(Equal("db-3"))
			g.Expect(third.As("cache").Name()).To(Equal("cache"))
			g.Expect(replica("3").Name()).To(Equal("db-3"), "the name is free again")
			g.Expect(first.As("cache").Name()).To(Equal("cache-2"))
			pause := sc.Inject(t.Context(), fault.Pause(), scope.On(first.As("main")))
			g.Expect(pause.String()).To(Equal("pause on main"))
		})
		g.Expect(s.failures).To(BeEmpty())
	}
	s.owner = scope.Suite
	g.Expect(sc.Attach(t.Context(), "db").As("shared").Name()).To(Equal("shared"))
	s.owner, s.name = scope.Test, "third"
	s.run(func() {
		g.Expect(sc.Attach(t.Context(), "db").Name()).To(Equal("shared"), "the suite has named it")
	})
}

func TestAContainerThatTakesTheNameOfOneThatIsGoneIsTheSameService(t *testing.T) {
	g := NewWithT(t)
	target := drivertest.NewTarget("shop-db-1", running("net", "10.0.0.2"))
	s, _, sc := newScope(t, target)
	s.run(func() {
		g.Expect(sc.Attach(t.Context(), "shop-db-1").As("db").Name()).To(Equal("db"))
		target.Recreate("another", running("net", "10.0.0.3"))
		again := sc.Attach(t.Context(), "shop-db-1")
		g.Expect(again.Name()).To(Equal("db"))
		g.Expect(again.As("db").Name()).To(Equal("db"))
	})
	g.Expect(s.failures).To(BeEmpty())
}

func TestAnErrorNamesTheServiceAsTheTestDoes(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t)
	target := drivertest.NewTarget("db", driver.State{Gone: true, ExitKnown: true, ExitCode: 3})
	db := sc.Run(t.Context(), starter{target: target, removed: func() {}}).As("main")
	_, stateErr := db.State(t.Context())
	_, _, endpointErr := db.Endpoint(t.Context(), "80/tcp")
	for _, err := range []error{stateErr, endpointErr} {
		g.Expect(err).To(MatchError(HavePrefix("container main is gone (exit code 3)")))
	}
	s.end()
}

func TestAnEmptyNameIsRefused(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, drivertest.NewTarget("db", running("net", "10.0.0.2")))
	s.run(func() { sc.Attach(t.Context(), "db").As("") })
	g.Expect(s.failures).To(ConsistOf(`name db: the name is empty: say what it is, as in As("db")`))
}
