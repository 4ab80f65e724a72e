package matchers_test

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	. "github.com/chaosgate/chaosgate/matchers"
)

// slowIn is a fleet where c is three times as slow in some windows, given by number.
func slowIn(windows func(int) bool) func(*probe.Sample, int, int) {
	return func(s *probe.Sample, place, n int) {
		if place == 2 && windows(n/10) {
			s.Latency *= 3
		}
	}
}

func always(int) bool { return true }

// failed is a fleet where c fails its first requests, this many.
func failed(times int) func(*probe.Sample, int, int) {
	return func(s *probe.Sample, place, n int) {
		if place == 2 && n < times {
			failing(s)
		}
	}
}

func TestOutliersNeedThreeMembers(t *testing.T) {
	for _, f := range []*probe.FleetWindow{members(t, 200, nil), members(t, 0, nil)} {
		for want, matcher := range map[string]OmegaMatcher{
			"HaveNoOutliers: Except leaves 0 of 4 members: at least three are needed, because two members cannot show which one is the outlier": HaveNoOutliers(Except("a", "b"), Except("c", "d", "d")),
			"HaveOutlier: Except leaves 2 of 4 members: at least three are needed, because two members cannot show which one is the outlier":    HaveOutlier("a", Except("c", "d")),
		} {
			if text := refusal(t, f, matcher); text != want {
				t.Error(text)
			}
		}
		for matcher, want := range map[OmegaMatcher]string{
			HaveOutlier(""):                           `HaveOutlier: no member is named: name one, as in HaveOutlier("replica-3"), or judge all of them with HaveNoOutliers`,
			HaveOutlier("a", OutlierKind("Slower")):   `HaveOutlier: there is no kind of outlier called "Slower": use Slower, Faster or Failing`,
			HaveOutlier("a", Slower, OutlierKind("")): `HaveOutlier: there is no kind of outlier called "": use Slower, Faster or Failing`,
			HaveOutlier("", Except("a")):              `HaveOutlier: no member is named`,
			HaveNoOutliers(OutlierKind("slow")):       "HaveNoOutliers: a kind (slow) goes with HaveOutlier: HaveNoOutliers judges them all",
			HaveNoOutliers(Except("a", "nob")):        `HaveNoOutliers: the fleet has no member "nob"`,
		} {
			if text := refusal(t, f, matcher); !strings.HasPrefix(text, want) {
				t.Errorf("%s\nwant %s", text, want)
			}
		}
	}
}

func TestOutlierMessageIsAboutTheNamedMember(t *testing.T) {
	// c is still open, and a is cleared.
	half := members(t, 400, slowIn(func(window int) bool { return window%2 == 0 }))
	for _, c := range []struct {
		matcher OmegaMatcher
		want    string
	}{
		{HaveOutlier("a"), "\nto have the outlier a\nbut a is no outlier in 40 windows of 200ms"},
		{HaveOutlier("a", Slower, Failing), "\nto have the outlier a, slower or failing\nbut a is not slower or failing in 40 windows of 200ms"},
		{HaveOutlier("c", Faster), "\nto have the outlier c, faster\nbut c is not faster in 40 windows of 200ms"},
	} {
		if text := failure(func(g Gomega) { g.Expect(half).To(c.matcher) }); !strings.HasSuffix(text, c.want) {
			t.Errorf("failed with\n%s\nwant %s", text, c.want)
		}
		expect(t, "", func(g Gomega) { g.Expect(half).NotTo(c.matcher) })
	}
	few := members(t, 50, slowIn(always))
	for _, kind := range []OutlierKind{Slower, Faster, Failing} {
		if text := refusal(t, few, HaveOutlier("c", kind)); !strings.HasPrefix(text, fmt.Sprintf("undecided: whether c is %s is open after 5 windows of 200ms and 50 requests to each member: ", kind)) {
			t.Error(text)
		}
	}
}

// The amount that an undecided matcher asks for must be just enough.
func TestUndecidedOutliersSayWhatIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name    string
		rounds  int
		change  func(*probe.Sample, int, int)
		matcher OmegaMatcher
		want    string
		clears  func(n int) (rounds int, change func(*probe.Sample, int, int))
		names   func(n int) (rounds int, change func(*probe.Sample, int, int))
	}{
		{
			"errors", 200, failed(6), HaveNoOutliers(), ` 20 windows of 200ms and 200 requests to each member: 6 of c's requests failed, and (\d+) requests clear it if no more fail: load for longer`,
			func(n int) (int, func(*probe.Sample, int, int)) { return n, failed(6) }, nil,
		},
		{
			"windows", 100, slowIn(func(w int) bool { return w < 3 }), HaveNoOutliers(), ` 10 windows of 200ms and 100 requests to each member: c was beyond the margin in 3 of the windows, (\d+) windows clear it if it is in no more, and (\d+) name it if it is in all to come: load for longer`,
			func(n int) (int, func(*probe.Sample, int, int)) {
				return n * 10, slowIn(func(w int) bool { return w < 3 })
			},
			func(n int) (int, func(*probe.Sample, int, int)) {
				return n * 10, slowIn(func(w int) bool { return w < 3 || w >= 10 })
			},
		},
		{
			"ranks", 100, slowIn(func(w int) bool { return w < 3 }), HaveNoOutliers(ByRank()), ` 10 windows of 200ms and 100 requests to each member: c was beyond the margin in 3 of the windows and the slowest of all in 3, (\d+) windows clear it if it is beyond the margin in no more, and (\d+) name it if it is the slowest in all to come: load for longer`,
			func(n int) (int, func(*probe.Sample, int, int)) {
				return n * 10, slowIn(func(w int) bool { return w < 3 })
			},
			func(n int) (int, func(*probe.Sample, int, int)) {
				return n * 10, slowIn(func(w int) bool { return w < 3 || w >= 10 })
			},
		},
		{
			"ranks from the start", 0, nil, HaveNoOutliers(ByRank()), ` 0 windows of 200ms and 0 requests to each member: (?:\d+) windows and (\d+) requests clear a member that is like its peers, and (\d+) windows name one that is not: load for longer`,
			func(n int) (int, func(*probe.Sample, int, int)) { return n, nil },
			func(n int) (int, func(*probe.Sample, int, int)) { return n * 10, slowIn(always) },
		},
		{
			"margins from the start", 0, nil, HaveNoOutliers(), ` 0 windows of 200ms and 0 requests to each member: (?:\d+) windows and (\d+) requests clear a member that is like its peers, and (\d+) windows name one that is not: load for longer`,
			func(n int) (int, func(*probe.Sample, int, int)) { return n, nil },
			func(n int) (int, func(*probe.Sample, int, int)) { return n * 10, slowIn(always) },
		},
	} {
		text := refusal(t, growingMembers(t, c.rounds, c.change), c.matcher)
		found := regexp.MustCompile(c.want).FindStringSubmatch(text)
		if found == nil {
			t.Errorf("%s: %s\nwant %s", c.name, text, c.want)
			continue
		}
		for i, made := range []func(int) (int, func(*probe.Sample, int, int)){c.clears, c.names} {
			if made == nil {
				continue
			}
			var n int
			if _, err := fmt.Sscan(found[1+i], &n); err != nil {
				t.Fatal(err)
			}
			rounds, change := made(n)
			if ok, err := c.matcher.Match(growingMembers(t, rounds, change)); ok != (i == 0) || err != nil {
				t.Errorf("%s: %s\n%d are not enough: %v, %v", c.name, text, n, ok, err)
			}
			rounds, change = made(n - 1)
			if ok, err := c.matcher.Match(growingMembers(t, rounds, change)); ok || err == nil {
				t.Errorf("%s: %s\n%d are enough: %v, %v", c.name, text, n-1, ok, err)
			}
		}
	}
}

func TestOutlierMessagesHaveTypicalLatencies(t *testing.T) {
	taking := func(latencies ...time.Duration) *probe.FleetWindow {
		var all []probe.Member
		for i, d := range latencies {
			all = append(all, probe.Member{Name: string(rune('a' + i)), Window: window(200, func(s *probe.Sample) { s.Latency = d }, upTo(200)...)})
		}
		f, err := probe.NewFleetWindow(200*time.Millisecond, all...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const ms = time.Millisecond
	for want, f := range map[string]*probe.FleetWindow{
		"but a is faster: its median was below its peers' by more than 25 % and 1ms in 20 of 20 windows, typically 10ms against 15ms (e-value ":              taking(10*ms, 15*ms, 15*ms+ms/2),
		"but c is slower: its median was above its peers' by more than 25 % and 1ms in 20 of 20 windows, typically 30ms against 15ms (e-value ":              taking(15*ms-ms/2, 15*ms, 30*ms),
		"but c is slower: its median was above its peers' by more than 25 % and 1ms in 20 of 20 windows, typically 2562047h47m16.85s against 10ms (e-value ": taking(10*ms, 10*ms, math.MaxInt64, 10*ms),
	} {
		text := failure(func(g Gomega) { g.Expect(f).To(HaveNoOutliers()) })
		if !strings.Contains(strings.ReplaceAll(text, "; ", "\nbut "), want) {
			t.Errorf("failed with\n%s\nwant %s", text, want)
		}
	}
}
