package matchers

import (
	"fmt"
	"strings"

	"github.com/onsi/gomega/format"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/matchers/probe"
	"github.com/chaosgate/chaosgate/matchers/stats"
)

// RunTheSameVersion succeeds when all members of a *probe.FleetWindow run the same
// code. Each member's version is what it reports in its answers, where the probe
// reads one (probe.VersionFrom), and else the identity of its container's image:
//
//	Expect(seen).To(RunTheSameVersion())
//
// There is no chance in it and no alpha. A member that differs from the version of
// more than half of them is named; where there is no such version nobody is, and
// still they differ. A member whose version is not known, and one that reported
// two, which it does when it was replaced under the load, are named as well: the
// first is an error, the second a difference.
func RunTheSameVersion(options ...VersionOption) types.GomegaMatcher {
	v := &sameVersion{}
	for _, option := range options {
		option.applyVersion(v)
	}
	return v
}

type sameVersion struct{ except []string }

// reported is what a window remembers of the versions in its answers.
type reported struct{ version, other, problem string }

// versionKey is under what a window remembers its member's version.
type versionKey struct{}

func (v *sameVersion) Match(actual any) (bool, error) {
	f, err := fleetOf(actual)
	if err != nil {
		return false, fmt.Errorf("RunTheSameVersion: %w", err)
	}
	same, text, err := v.look(f)
	if err != nil {
		return false, fmt.Errorf("RunTheSameVersion: %w", err)
	}
	outcome := record.Violated
	if same {
		outcome = record.Kept
	}
	f.Judged("RunTheSameVersion", v.short(), func() record.Judgement {
		return record.Judgement{
			Outcome: outcome, Value: record.Float(nan), Threshold: record.Float(nan), Samples: f.N() * len(f.Members()),
			Alpha: record.Float(nan), LogE: record.Float(nan), Text: text,
		}
	})
	return same, nil
}

func (v *sameVersion) short() string { return "the same version" + exceptText(v.except) }

func (v *sameVersion) look(f *probe.FleetWindow) (same bool, text string, err error) {
	members, err := judged(f, v.except)
	if err != nil {
		return false, "", err
	}
	versions := make([]string, len(members))
	for i, m := range members {
		r := probe.Fold(m.Window, versionKey{}, func() reported { return reported{} }, report)
		switch {
		case r.other != "":
			return false, fmt.Sprintf("%s reported two versions, %q and %q", m.Name, r.version, r.other), nil
		case r.problem != "":
			return false, "", fmt.Errorf("%s: %s", m.Name, r.problem)
		}
		versions[i] = r.version
	}
	byImage := true
	for _, version := range versions {
		byImage = byImage && version == ""
	}
	kind := "version"
	if byImage {
		kind = "image"
		for i, m := range members {
			versions[i] = m.Image
		}
	}
	majority, err := stats.Majority(versions)
	if err != nil {
		return false, "", err
	}
	if len(majority.Unknown) > 0 {
		return false, "", fmt.Errorf("the version of %s is not known: let the probe read it, with probe.VersionFrom(probe.HeaderField(\"X-Version\"))", members[majority.Unknown[0]].Name)
	}
	if majority.Same() {
		return true, fmt.Sprintf("all %d run %s %s", len(members), kind, majority.Majority), nil
	}
	if majority.Majority == "" {
		return false, strings.Join(majority.Warnings, "; "), nil
	}
	var said []string
	for _, i := range majority.Differ {
		said = append(said, fmt.Sprintf("%s runs %s %s", members[i].Name, kind, versions[i]))
	}
	return false, fmt.Sprintf("%s, and %d of %d run %s", strings.Join(said, ", "), majority.Count, majority.Known, majority.Majority), nil
}

func report(r reported, samples []probe.Sample) reported {
	for i := range samples {
		s := &samples[i]
		switch {
		case s.Problem != "" && r.problem == "":
			r.problem = s.Problem
		case s.Version == "" || s.Version == r.version:
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
	if _, said, err := v.look(f); err == nil {
		text += "\nbut " + said
	}
	return text
}
