package matchers

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// RunTheSameVersion succeeds when all members of a *probe.FleetWindow run the same
// code. Each member's version is what it reports in its answers, where the probe
// reads one (probe.VersionFrom); where answers came and the probe reads none it is
// the identity of its container's image:
//
//	Expect(seen).To(RunTheSameVersion())
//
// There is no chance in it and no alpha. A member that differs from the version of
// more than half of them is named; where there is no such version nobody is, and
// still they differ. A member whose version is not known, and one that reported
// two, which it does when it was replaced under the load, are named as well: the
// first is an error, the second a difference. While a member has not answered what
// others have, and those do not differ, it is undecided, which is an error in either
// polarity, and so it is while nobody has answered.
func RunTheSameVersion(options ...VersionOption) types.GomegaMatcher {
	v := &sameVersion{}
	options, v.invalid = given(options)
	for _, option := range options {
		option.applyVersion(v)
	}
	return v
}

type sameVersion struct {
	except  []string
	invalid error
}

// reported is what a window remembers of the versions in its answers.
type reported struct {
	version, other string
	problem        string // why a healthy answer, the first such, said no version
	unread         string // why another said none, as that of a proxy before it
	unasked        bool   // a whole answer came, and nobody asked it for the version
}

// versionKey is under what a window remembers its member's version.
type versionKey struct{}

func (v *sameVersion) Match(actual any) (bool, error) {
	f, err := fleetOf(actual)
	if err == nil {
		err = v.invalid
	}
	if err != nil {
		return false, fmt.Errorf("RunTheSameVersion: %w", err)
	}
	found, err := v.look(f)
	if err != nil {
		return false, fmt.Errorf("RunTheSameVersion: %w", err)
	}
	return answer(v.judged(f, found), found.outcome, f.Final(), func() string { return found.text + "\n" + f.String() })
}

// judged leaves the judgement with the fleet's record.
func (v *sameVersion) judged(f *probe.FleetWindow, found versions) (id string) {
	return f.Judged("RunTheSameVersion", v.short(), func() record.Judgement {
		return record.Judgement{
			Outcome: found.outcome, Value: record.Float(nan), Threshold: record.Float(nan), Samples: f.N() * len(f.Members()),
			Alpha: record.Float(nan), LogE: record.Float(nan), Text: found.text,
		}
	})
}

func (v *sameVersion) short() string { return "the same version" + exceptText(v.except) }

// versions is what was found.
type versions struct {
	outcome record.Outcome
	text    string
}

func (v *sameVersion) look(f *probe.FleetWindow) (versions, error) {
	members, err := judged(f, v.except)
	if err != nil {
		return versions{}, err
	}
	var said []probe.Member
	var all, silent []string
	var problem error // of the first member whose answers say no version
	byImage := true
	for _, m := range members {
		r := probe.Fold(m.Window, versionKey{}, func() reported { return reported{} }, report)
		switch {
		case r.other != "":
			return versions{record.Violated, fmt.Sprintf("%s reported two versions, %q and %q", m.Name, r.version, r.other)}, nil
		case r.problem != "", r.version == "" && r.unread != "":
			if problem == nil {
				problem = fmt.Errorf("%s: %s", m.Name, cmp.Or(r.problem, r.unread))
			}
		case r.version != "" || r.unasked:
			said, all = append(said, m), append(all, r.version)
			byImage = byImage && r.version == ""
		default:
			silent = append(silent, m.Name)
		}
	}
	var found versions
	if len(said) > 0 && !(byImage && problem != nil) {
		kind := "version"
		if byImage {
			// Nobody is asked for a version, those that do not answer neither.
			kind, said, all = "image", members, nil
			for _, m := range members {
				all = append(all, m.Image)
			}
			silent = nil
		}
		if found, err = compareVersions(said, kind, all); err != nil {
			return versions{}, err
		}
	}
	// Two that differ do so whatever the others would say.
	switch {
	case found.outcome == record.Violated:
	case problem != nil:
		return versions{}, problem
	case len(silent) > 0:
		return versions{record.Undecided, silentText(silent, members, "version")}, nil
	}
	return found, nil
}

func compareVersions(members []probe.Member, kind string, all []string) (versions, error) {
	majority, err := stats.Majority(all)
	if err != nil {
		return versions{}, err
	}
	if len(majority.Unknown) > 0 {
		return versions{}, fmt.Errorf("the version of %s is not known: let the probe read it, with probe.VersionFrom(probe.HeaderField(\"X-Version\"))", members[majority.Unknown[0]].Name)
	}
	if majority.Same() {
		return versions{record.Kept, fmt.Sprintf("all %d run %s %s", len(members), kind, majority.Majority)}, nil
	}
	if majority.Majority == "" {
		return versions{record.Violated, strings.Join(majority.Warnings, "; ")}, nil
	}
	var said []string
	for _, i := range majority.Differ {
		said = append(said, fmt.Sprintf("%s runs %s %s", members[i].Name, kind, all[i]))
	}
	return versions{record.Violated, fmt.Sprintf("%s, and %d of %d run %s", strings.Join(said, ", "), majority.Count, majority.Known, majority.Majority)}, nil
}

func report(r reported, samples []probe.Sample) reported {
	for i := range samples {
		s := &samples[i]
		switch {
		case s.Version == "" && s.Healthy():
			r.problem = cmp.Or(r.problem, s.VersionProblem)
			r.unasked = r.unasked || s.VersionProblem == ""
		case s.Version == "":
			r.unread = cmp.Or(r.unread, s.VersionProblem)
			r.unasked = r.unasked || s.VersionProblem == "" && s.Answered()
		case s.Version == r.version:
		case r.version == "":
			r.version = s.Version
		default:
			r.other = s.Version
		}
	}
	return r
}

func (v *sameVersion) FailureMessage(actual any) string { return v.message(actual, "to ") }

func (v *sameVersion) NegatedFailureMessage(actual any) string { return v.message(actual, "not to ") }

func (v *sameVersion) message(actual any, to string) string {
	phrase := to + "run the same version" + exceptText(v.except)
	f, err := fleetOf(actual)
	if err != nil {
		return format.Message(actual, phrase)
	}
	text := "Expected\n" + format.IndentString(f.String(), 1) + "\n" + phrase
	found, err := v.look(f)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+found.text, v.judged(f, found), found.outcome)
}
