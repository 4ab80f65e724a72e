package probe

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/units"
)

// Record is the summary of all members' samples together and of each member's samples,
// with the judgements on the fleet so far.
func (f *FleetWindow) Record() record.Window {
	r := f.summary()
	r.Judgements = f.notes.record()
	return r
}

func (f *FleetWindow) summary() record.Window {
	var samples []Sample
	members := make([]record.Window, len(f.members))
	for i, m := range f.members {
		samples = append(samples, m.Window.samples...)
		members[i] = m.Window.summary()
	}
	pooled := NewWindow(f.name, f.Start(), f.End(), samples)
	pooled.spec, pooled.number, pooled.faults = f.spec, f.number, f.faults
	r := pooled.summary()
	r.Members = members
	return r
}

// MarshalJSON encodes the record. So a report entry with the window also has the
// judgements that were made after the entry was added.
func (f *FleetWindow) MarshalJSON() ([]byte, error) { return json.Marshal(f.Record()) }

// String describes the fleet, with a line for each member: "  a: 200 samples, 1 error
// (1 timeout), p50 2ms, p99 5ms, version 2". Images are named if they differ.
func (f *FleetWindow) String() string {
	var s strings.Builder
	span := units.Round(f.End().Sub(f.Start()))
	fmt.Fprintf(&s, "%s: %s each in %s from %s", f.name, units.Plural(f.N(), "sample"), span, f.Start().Format(clockTime))
	differ := slices.ContainsFunc(f.members, func(m Member) bool { return m.Image != f.members[0].Image })
	for _, m := range f.members {
		fmt.Fprintf(&s, "\n  %s: %s, %s", m.Name, units.Plural(m.Window.N(), "sample"), m.Window.results())
		s.WriteString(m.Window.versionText())
		if differ {
			fmt.Fprintf(&s, ", image %s", shortImage(m.Image))
		}
	}
	return s.String()
}

// GomegaString is how Gomega's messages print the fleet: with the mark of its last
// judgement.
func (f *FleetWindow) GomegaString() string { return f.notes.marked(f.String()) }

// mostVersions is how many versions of one member a line lists.
const mostVersions = 3

// versionText lists the versions in the samples, the most frequent first, and counts
// the samples whose version could not be read.
func (w *Window) versionText() string {
	seen, problems := map[string]int{}, 0
	for i := range w.samples {
		if version := w.samples[i].Version; version != "" {
			seen[version]++
		}
		if w.samples[i].VersionProblem != "" {
			problems++
		}
	}
	names := slices.SortedFunc(maps.Keys(seen), func(a, b string) int {
		return cmp.Or(cmp.Compare(seen[b], seen[a]), cmp.Compare(a, b))
	})
	text := ""
	switch {
	case len(names) == 1:
		text = ", version " + names[0]
	case len(names) > 1:
		for i, name := range names[:min(len(names), mostVersions)] {
			names[i] = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		text = ", versions " + strings.Join(names[:min(len(names), mostVersions)], ", ")
		if more := len(names) - mostVersions; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
	}
	if problems > 0 {
		text += fmt.Sprintf(", %d could not be read", problems)
	}
	return text
}

// shortImage is an image's ID in the short form that Docker prints.
func shortImage(id string) string {
	if id == "" {
		return "unknown"
	}
	if digest, ok := strings.CutPrefix(id, "sha256:"); ok && len(digest) > 12 {
		return digest[:12]
	}
	return id
}
