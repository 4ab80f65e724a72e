package gate

import (
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// ShareInjections completes the specs of one suite with what their injections came to. An
// injection that a BeforeSuite or a BeforeAll made is live in many specs, and its final
// evidence comes after the last of them. Each spec in which it was live gets its final
// record. A process runs one spec at a time, so these are the specs of its process that ran
// meanwhile; for an injection of a node outside specs, those of all processes. Such a node
// is left out if it passed, unless no spec ran under its injections.
func ShareInjections(specs []Spec) []Spec {
	shareWindows(specs)
	all := finals(specs)
	inSpecs := map[string]bool{}
	for n := range specs {
		s := &specs[n]
		have := map[string]bool{}
		for at, i := range s.Injections {
			if have[i.ID] = true; i.ID != "" {
				s.Injections[at] = all.of(i.ID)
			}
		}
		for _, f := range all {
			if s.isSpec() && !have[f.ID] && f.reaches(*s) && overlap(f.Injection, s.Started, s.Ended) {
				s.Injections = append(s.Injections, f.Injection)
			}
		}
		for _, i := range s.Injections {
			inSpecs[i.ID] = inSpecs[i.ID] || s.isSpec()
		}
		for w := range s.Windows {
			window := &s.Windows[w]
			for _, i := range s.Injections {
				if i.ID != "" && overlap(i, window.Start, window.End) && !slices.Contains(window.Faults, i.String()) {
					window.Faults = append(window.Faults, i.String())
				}
			}
		}
	}
	return slices.DeleteFunc(specs, func(s Spec) bool {
		return !s.isSpec() && s.State == "passed" && !slices.ContainsFunc(s.Injections, func(i record.Injection) bool { return !inSpecs[i.ID] })
	})
}

// final is the last record of an injection, with where it was made.
type final struct {
	record.Injection
	process int
	suite   bool // by a node outside specs
}

type finalList []final

// finals lists the injections with an ID, in the order of their first records.
func finals(specs []Spec) finalList {
	var all finalList
	for _, s := range specs {
		for _, i := range s.Injections {
			at := slices.IndexFunc(all, func(f final) bool { return f.ID == i.ID })
			switch {
			case i.ID == "":
			case at < 0:
				all = append(all, final{i, s.Process, !s.isSpec()})
			case all[at].End.Before(i.End):
				all[at].Injection = i
			}
		}
	}
	return all
}

func (all finalList) of(id string) record.Injection {
	return all[slices.IndexFunc(all, func(f final) bool { return f.ID == id })].Injection
}

// reaches reports whether the injection may have been live in a spec.
func (f final) reaches(s Spec) bool { return f.suite || f.process == s.Process && !f.End.IsZero() }

// overlap reports whether the injection was live at any time of the span.
func overlap(i record.Injection, from, to time.Time) bool {
	return !to.IsZero() && !i.Start.After(to) && (i.End.IsZero() || !i.End.Before(from))
}

// shareWindows gives every copy of a load's window what the last one has. A load that a
// BeforeAll began is in the report of each spec in which it ran.
func shareWindows(specs []Spec) {
	type key struct {
		spec, probe string
		number      int
		start       int64
	}
	last := map[key]record.Window{}
	of := func(w record.Window) key { return key{w.Spec, w.Probe, w.Number, w.Start.UnixNano()} }
	for _, s := range specs {
		for _, w := range s.Windows {
			if known, ok := last[of(w)]; !ok || known.Count <= w.Count {
				last[of(w)] = w
			}
		}
	}
	for _, s := range specs {
		for n, w := range s.Windows {
			if !w.Start.IsZero() {
				s.Windows[n] = last[of(w)]
			}
		}
	}
}

// carried reports whether the window belongs to an earlier spec, which began its load.
func (s Spec) carried(w record.Window) bool {
	return !s.Started.IsZero() && !w.Start.IsZero() && w.Start.Before(s.Started)
}
