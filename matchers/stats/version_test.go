package stats

import (
	"slices"
	"strings"
	"testing"
)

func TestMajorityOfVersions(t *testing.T) {
	for _, c := range []struct {
		versions     string // one letter for each member, a dot if not known
		majority     string
		differ       []int
		unknown      []int
		same         bool
		warning      string
		count, known int
	}{
		{"aaa", "a", nil, nil, true, "", 3, 3},
		{"aba", "a", []int{1}, nil, false, "", 2, 3},
		{"bbaca", "", nil, nil, false, "5 members have 3 different versions and none has more than half, so it is not clear which one is the old one", 2, 5},
		{"abab", "", nil, nil, false, "4 members have 2 different versions", 2, 4},
		{"a", "a", nil, nil, true, "", 1, 1},
		{"a.a", "a", nil, []int{1}, false, "the version of 1 of 3 members is not known: members [1]", 2, 2},
		{"..", "", nil, []int{0, 1}, false, "the version of 2 of 2 members is not known", 0, 0},
		{"bcaaaaa", "a", []int{0, 1}, nil, false, "", 5, 7},
	} {
		versions := strings.Split(c.versions, "")
		for i, v := range versions {
			if v == "." {
				versions[i] = ""
			}
		}
		got, err := Majority(versions)
		if err != nil || got.Majority != c.majority || !slices.Equal(got.Differ, c.differ) || !slices.Equal(got.Unknown, c.unknown) ||
			got.Same() != c.same || got.Count != c.count || got.Known != c.known {
			t.Errorf("%s: %+v, %v", c.versions, got, err)
		}
		if words := strings.Join(got.Warnings, "; "); (words == "") != (c.warning == "") || !strings.HasPrefix(words, c.warning) {
			t.Errorf("%s: warnings %q, want %q", c.versions, words, c.warning)
		}
	}
	if got, err := Majority(nil); err == nil {
		t.Errorf("no member: %+v", got)
	}
}
