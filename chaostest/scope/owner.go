package scope

// Owner says with what a fault, a load or a name ends.
type Owner int

// The owners.
const (
	// Test is the test or the spec.
	Test Owner = iota
	// Suite is the whole suite of this process.
	Suite
	// Group is a group of specs with one setup, such as an Ordered container of Ginkgo.
	// Group+1 is one inside another, Group+2 one inside that, and so on.
	Group
)

// within reports whether the owner is the other one, or a group inside it.
func (o Owner) within(other Owner) bool { return o == other || other >= Group && o > other }

// Owning is an optional capability of a T. It says who owns what is made now. Without it
// the test owns everything.
type Owning interface{ Owner() Owner }

func (s *Scope) owner() Owner {
	if t, ok := s.t.(Owning); ok {
		return t.Owner()
	}
	return Test
}

// End ends the loads and the faults of an owner, and those of the groups inside it. A framework calls it when the body of the
// owner is over and before any teardown begins. What a teardown does to the containers is
// then seen by no load, and happens under no fault.
//
// The loads take no more samples first. Then the faults are reverted, so that the samples
// in flight are answered, and these are awaited last.
//
// Without a call the cleanups of the test do the same.
func (s *Scope) End(owner Owner) {
	s.t.Helper()
	if owner >= Group {
		defer s.history.forget(owner)
	}
	if s.history.idle() {
		return
	}
	s.announce()
	s.carry()
	loads, injections := s.history.of(owner)
	var ends []func()
	for _, l := range loads {
		l.halt()
	}
	for _, i := range injections {
		ends = append(ends, i.atEnd)
	}
	for _, l := range loads {
		ends = append(ends, l.end)
	}
	each(ends)
}

// each calls all functions, also those after one that ends its goroutine or panics, as a
// failure of a test does.
func each(all []func()) {
	if len(all) == 0 {
		return
	}
	defer each(all[1:])
	all[0]()
}
