package stats

import (
	"errors"
	"fmt"
)

// Versions says which members of a fleet run another version than the majority.
type Versions struct {
	// Majority is the version of more than half of the members whose version is
	// known, or empty if there is none.
	Majority string
	// Count is how many members have it, of Known whose version is known.
	Count, Known int
	// Differ are the members with another version, Unknown those whose version is
	// not known.
	Differ, Unknown []int
	// Warnings say in words why there is no majority, or what is not known.
	Warnings []string
}

// Same reports whether all members have the same version, and each one's is known.
func (v Versions) Same() bool {
	return v.Majority != "" && len(v.Differ) == 0 && len(v.Unknown) == 0
}

// Majority compares the versions of a fleet's members, an image digest, a build's
// identity or what they report, as text. An empty one is not known. There is no chance in it.
// Where no version has more than half of the members nobody can say which is the
// old one: then Majority is empty, none is named, and a warning says so. No members
// are an error.
func Majority(versions []string) (Versions, error) {
	if len(versions) == 0 {
		return Versions{}, errors.New("compare versions: there is no member: give one at least")
	}
	var v Versions
	counts := map[string]int{}
	for i, version := range versions {
		if version == "" {
			v.Unknown = append(v.Unknown, i)
			continue
		}
		counts[version]++
		v.Known++
		if n := counts[version]; n > v.Count {
			v.Count = n
		}
	}
	if n := len(v.Unknown); n > 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("the version of %d of %d members is not known: members %v", n, len(versions), v.Unknown))
	}
	if v.Known == 0 {
		return v, nil
	}
	if 2*v.Count <= v.Known {
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d members have %d different versions and none has more than half: nobody can say which is the old one", v.Known, len(counts)))
		return v, nil
	}
	for version, n := range counts {
		if n == v.Count {
			v.Majority = version
		}
	}
	for i, version := range versions {
		if version != "" && version != v.Majority {
			v.Differ = append(v.Differ, i)
		}
	}
	return v, nil
}
