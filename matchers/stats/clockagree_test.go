package stats

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAgreeNamesTheSkewed(t *testing.T) {
	for _, c := range []struct {
		name              string
		offsets           []Offset
		within            time.Duration
		agreed, disagreed bool
		skewed            []Skew
		majority          int
		least, most       time.Duration
		warning           string
	}{
		{"all alike", []Offset{{-2, 3}, {-1, 4}, {0, 5}}, 10, true, false, nil, 3, 0, 7, ""},
		{"one ahead", []Offset{{-2, 3}, {-1, 4}, {100, 105}}, 10, false, true, []Skew{{2, 96}}, 2, 97, 107, ""},
		{"one behind", []Offset{{-2, 3}, {-100, -90}, {-1, 4}}, 10, false, true, []Skew{{1, -88}}, 2, 89, 104, ""},
		{"within what is allowed", []Offset{{0, 0}, {9, 9}, {3, 4}}, 10, true, false, nil, 3, 9, 9, ""},
		{"two of five", []Offset{{0, 1}, {0, 2}, {1, 1}, {50, 51}, {-40, -30}}, 10, false, true, []Skew{{3, 48}, {4, -30}}, 3, 80, 91, ""},
		{"a tie", []Offset{{0, 1}, {0, 2}, {50, 51}, {51, 52}}, 10, false, true, nil, 2, 50, 52, "clocks differ by at least 50ns, but there is no majority: at most 2 of 4 can agree, so no member is named"},
		{"two clocks", []Offset{{0, 1}, {50, 51}}, 10, false, true, nil, 1, 49, 51, "no majority"},
		{"all differ", []Offset{{0, 1}, {50, 51}, {100, 101}}, 10, false, true, nil, 1, 99, 101, "no majority"},
		{"one is not known well", []Offset{{0, 1}, {0, 1}, {-500, 500}}, 10, false, false, nil, 3, 0, 501, "clocks may differ by 501ns, and 10ns is allowed: the offset of member 2 is known to 1µs only"},
		{"one that bridges two", []Offset{{0, 1}, {0, 60}, {59, 61}}, 10, false, true, nil, 2, 58, 61, "none differs for certain from more than half"},
		{"a wide one beside a skewed one", []Offset{{0, 1}, {0, 1}, {0, 1}, {-500, 500}, {50, 51}}, 10, false, true, []Skew{{4, 49}}, 4, 49, 551, ""},
		// A chain: neighbours are near and the ends are not, and the middle fits with either.
		{"a chain", []Offset{{0, 0}, {8, 8}, {16, 16}}, 10, false, true, nil, 2, 16, 16, "none differs for certain"},
	} {
		got, err := Agree(c.offsets, c.within)
		if err != nil || got.Agreed != c.agreed || got.Disagreed != c.disagreed || !slices.Equal(got.Skewed, c.skewed) ||
			got.Majority != c.majority || got.Least != c.least || got.Most != c.most {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if words := strings.Join(got.Warnings, "; "); (words == "") != (c.warning == "") || !strings.Contains(words, c.warning) {
			t.Errorf("%s: warnings %q, want %q", c.name, words, c.warning)
		}
	}
}

// The majority is the largest of all sets of members that have times within the span.
func TestMajorityEqualsEnumeration(t *testing.T) {
	random := rand.New(rand.NewPCG(83, 84))
	for range 500 {
		offsets, within := make([]Offset, 2+random.IntN(5)), time.Duration(random.IntN(8))
		for i := range offsets {
			low := time.Duration(random.IntN(30))
			offsets[i] = Offset{low, low + time.Duration(random.IntN(6))}
		}
		want := 0
		for set := 1; set < 1<<len(offsets); set++ {
			last, first := time.Duration(-1000), time.Duration(1000)
			for i, o := range offsets {
				if set>>i&1 == 1 {
					last, first = max(last, o.Low), min(first, o.High)
				}
			}
			if last-first <= within {
				want = max(want, bits.OnesCount(uint(set)))
			}
		}
		if got := majority(offsets, within); len(got) != want {
			t.Errorf("%v within %v: %v, want %d members", offsets, within, got, want)
		}
	}
}

// Whatever the clocks truly show, the verdict on them is never wrong.
func TestAgreeIsNeverWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(85, 86))
	const within = 10
	agreed, disagreed := 0, 0
	for range 3000 {
		members := 2 + random.IntN(5)
		truth, offsets := make([]time.Duration, members), make([]Offset, members)
		for i := range members {
			truth[i] = time.Duration(random.IntN(8))
			if random.IntN(6) == 0 {
				truth[i] += 40
			}
			offsets[i] = Offset{truth[i] - time.Duration(random.IntN(5)), truth[i] + time.Duration(random.IntN(5))}
		}
		a, err := Agree(offsets, within)
		if err != nil {
			t.Fatal(err)
		}
		spread := slices.Max(truth) - slices.Min(truth)
		if a.Agreed && spread > within || a.Disagreed && spread <= within || a.Least > spread || a.Most < spread {
			t.Fatalf("%v of %v: %+v", offsets, truth, a)
		}
		for _, s := range a.Skewed {
			apart := 0
			for _, other := range truth {
				if d := truth[s.Member] - other; max(d, -d) > within {
					apart++
				}
			}
			if 2*apart <= members {
				t.Fatalf("%v of %v: member %d is named", offsets, truth, s.Member)
			}
		}
		if a.Agreed {
			agreed++
		}
		if a.Disagreed {
			disagreed++
		}
	}
	if agreed < 100 || disagreed < 100 {
		t.Errorf("agreed %d and disagreed %d times: the cases are too few", agreed, disagreed)
	}
}

func TestAgreeRefusesWhatItCannotCompare(t *testing.T) {
	for want, c := range map[string]struct {
		offsets []Offset
		within  time.Duration
	}{
		"compare 1 clocks":       {[]Offset{{1, 2}}, 1},
		"within -1ns":            {[]Offset{{1, 2}, {1, 2}}, -1},
		"member 1 is [3ns, 2ns]": {[]Offset{{1, 2}, {3, 2}}, 1},
	} {
		if a, err := Agree(c.offsets, c.within); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, a, err)
		}
	}
}
