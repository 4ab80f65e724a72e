package gate

import (
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// ShareInjections completes the specs of one suite with what their injections came to. An
// injection that a BeforeSuite or a BeforeAll made is live in many specs, and its final
// evidence comes after the last of them. Each spec in which it was live gets its final
// record, also those of other processes, which do not know of it. A node outside specs that
// passed is then left out, unless no spec ran under its injections.
func ShareInjections(specs []Spec) []Spec {
	final := map[string]record.Injection{}
	for _, s := range specs {
		for _, i := range s.Injections {
			if known, ok := final[i.ID]; i.ID != "" && (!ok || known.End.Before(i.End)) {
				final[i.ID] = i
			}
		}
	}
	shared := ofSuite(specs, final)
	inSpecs := map[string]bool{}
	for n := range specs {
		s := &specs[n]
		have := map[string]bool{}
		for at, i := range s.Injections {
			if have[i.ID] = true; i.ID != "" {
				s.Injections[at] = final[i.ID]
			}
		}
		for _, i := range shared {
			if s.isSpec() && !have[i.ID] && overlap(i, s.Started, s.Ended) {
				s.Injections = append(s.Injections, i)
			}
		}
		for _, i := range s.Injections {
			inSpecs[i.ID] = inSpecs[i.ID] || s.isSpec()
		}
		for w := range s.Windows {
			window := &s.Windows[w]
			for _, i := range shared {
				if overlap(i, window.Start, window.End) && !slices.Contains(window.Faults, i.String()) {
					window.Faults = append(window.Faults, i.String())
				}
			}
		}
	}
	return slices.DeleteFunc(specs, func(s Spec) bool {
		return !s.isSpec() && s.State == "passed" && !slices.ContainsFunc(s.Injections, func(i record.Injection) bool { return !inSpecs[i.ID] })
	})
}

// ofSuite are the final records of the injections that a node outside specs made, in their
// order.
func ofSuite(specs []Spec, final map[string]record.Injection) []record.Injection {
	var shared []record.Injection
	seen := map[string]bool{}
	for _, s := range specs {
		for _, i := range s.Injections {
			if !s.isSpec() && i.ID != "" && !seen[i.ID] {
				seen[i.ID] = true
				shared = append(shared, final[i.ID])
			}
		}
	}
	return shared
}

// overlap reports whether the injection was live at any time of the span.
func overlap(i record.Injection, from, to time.Time) bool {
	return !to.IsZero() && !i.Start.After(to) && (i.End.IsZero() || !i.End.Before(from))
}
