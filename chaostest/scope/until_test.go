package scope_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// decides decides when it sees so many samples.
type decides struct{ after, looks int }

func (d *decides) Match(actual any) (bool, error) {
	d.looks++
	if actual.(*probe.Window).N() < d.after {
		return false, errors.New("too few samples")
	}
	return false, nil // also a violation is a decision
}

func TestALoadEndsWhenAllMatchersHaveDecided(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	s, _, sc := newScope(t, serving(t, "shop", "", well))
	first, last := &decides{after: 10}, &decides{after: 40}
	s.run(func() {
		p := work(sc.Attach(t.Context(), "shop"))
		w := scope.Load(t.Context(), sc, p, scope.PerSecond(100), scope.For(time.Minute).Until(first, last))
		g.Expect(w.Final()).To(BeTrue())
		g.Expect(w.N()).To(And(BeNumerically(">=", 40), BeNumerically("<", 3000)))
		g.Expect(first.looks).To(BeNumerically(">", 1))
		// One that never decides has the whole span.
		g.Expect(scope.Load(t.Context(), sc, p, scope.PerSecond(100), scope.For(300*time.Millisecond).Until(&decides{after: 1e9})).N()).To(Equal(30))
	})
	g.Expect(s.failures).To(BeEmpty())
	g.Expect(windows(t, s)).To(HaveExactElements(HaveField("Number", 1), HaveField("Number", 2)))
}

func TestUntilRefusesNonsense(t *testing.T) {
	for want, span := range map[string]scope.Span{
		"Until has no matcher: give one":          scope.For(time.Minute).Until(),
		"matcher 2 of Until is nil: leave it out": scope.For(time.Minute).Until(&decides{}, nil),
	} {
		g := NewWithT(t)
		s, _, sc := newScope(t, serving(t, "shop", "", well))
		s.run(func() {
			scope.Load(t.Context(), sc, work(sc.Attach(t.Context(), "shop")), scope.PerSecond(100), span)
		})
		g.Expect(s.failures).To(ConsistOf(ContainSubstring(want)))
		s.run(func() {
			scope.Watch(t.Context(), sc, work(sc.Attach(t.Context(), "shop")), scope.PerSecond(100), span)
		})
		g.Expect(s.failures).To(ContainElement(ContainSubstring("Until is for Load: give the window of a watch to Eventually or Consistently")))
	}
}
