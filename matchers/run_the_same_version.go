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
// code. The probe reads each member's version from its answers (probe.VersionFrom).
// If the probe reads none, the version is the identity of the container's image:
//
//	Expect(seen).To(RunTheSameVersion())
//
// It fails when two members differ, or when one member reports two versions, as it does
// when it is replaced under the load. It is undecided while a member has not answered. A
// member whose version is not known is an error. The test is exact and has no alpha.
func RunTheSameVersion(options ...VersionOption) types.GomegaMatcher {
	v := &sameVersion{}
	options, v.invalid = withoutNil(options)
	for _, option := range options {
		option.applyVersion(v)
	}
	return v
}

type sameVersion struct {
	except  []string
	invalid error
}

// reported is what a window remembers about the versions in its answers.
type reported struct {
	version, other string
	problem        string // why the first healthy answer without a version had none
	proxyProblem   string // why an unhealthy answer, such as a proxy's, had none
	notRead        bool   // a whole answer came, and the probe did not read its version
}

// versionKey is the key under which a window remembers its member's version.
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
	var answered []probe.Member
	var all, silent []string
	var problem error // of the first member whose answers contain no version
	byImage := true
	for _, m := range members {
		r := probe.Fold(m.Window, versionKey{}, func() reported { return reported{} }, report)
		switch {
		case r.other != "":
			return versions{record.Violated, fmt.Sprintf("%s reported two versions, %q and %q", m.Name, r.version, r.other)}, nil
		case r.problem != "", r.version == "" && r.proxyProblem != "":
			if problem == nil {
				problem = fmt.Errorf("%s: %s", m.Name, cmp.Or(r.problem, r.proxyProblem))
			}
		case r.version != "" || r.notRead:
			answered, all = append(answered, m), append(all, r.version)
			byImage = byImage && r.version == ""
		default:
			silent = append(silent, m.Name)
		}
	}
	var found versions
	if len(answered) > 0 && !(byImage && problem != nil) {
		kind := "version"
		if byImage {
			// The probe reads no version, so members that do not answer have an image too.
			kind, answered, all = "image", members, nil
			for _, m := range members {
				all = append(all, m.Image)
			}
			silent = nil
		}
		if found, err = compareVersions(answered, kind, all); err != nil {
			return versions{}, err
		}
	}
	// Two members that differ still differ when the others answer.
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
	var parts []string
	for _, i := range majority.Differ {
		parts = append(parts, fmt.Sprintf("%s runs %s %s", members[i].Name, kind, all[i]))
	}
	return versions{record.Violated, fmt.Sprintf("%s, and %d of %d run %s", strings.Join(parts, ", "), majority.Count, majority.Known, majority.Majority)}, nil
}

func report(r reported, samples []probe.Sample) reported {
	for i := range samples {
		s := &samples[i]
		switch {
		case s.Version == "" && s.Healthy():
			r.problem = cmp.Or(r.problem, s.VersionProblem)
			r.notRead = r.notRead || s.VersionProblem == ""
		case s.Version == "":
			r.proxyProblem = cmp.Or(r.proxyProblem, s.VersionProblem)
			r.notRead = r.notRead || s.VersionProblem == "" && s.Answered()
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
		return wrongMessage(actual, phrase)
	}
	text := "Expected\n" + format.IndentString(f.String(), 1) + "\n" + phrase
	found, err := v.look(f)
	if err != nil {
		return text
	}
	return record.Mark(text+"\nbut "+found.text, v.judged(f, found), found.outcome)
}
