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
	// Count members have it, and the versions of Known members are known.
	Count, Known int
	// Differ are the members with another version, Unknown those whose version is
	// not known.
	Differ, Unknown []int
	// Warnings say why there is no majority, or which versions are not known.
	Warnings []string
}

// Same reports whether all versions are known and the same.
func (v Versions) Same() bool {
	return v.Majority != "" && len(v.Differ) == 0 && len(v.Unknown) == 0
}

// Majority compares the versions of a fleet's members as text, such as image digests. An
// empty version is not known. If no version has more than half of the members, Majority is
// empty, no member is named, and a warning says so. A fleet without members is an error.
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
		v.Warnings = append(v.Warnings, fmt.Sprintf("%d members have %d different versions and none has more than half, so it is not clear which one is the old one", v.Known, len(counts)))
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
