package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// page is the package's documentation, as one line a row and as running text.
func page(t *testing.T) (rows []string, text string) {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.SplitSeq(string(source), "\n") {
		rows = append(rows, strings.Join(strings.Fields(strings.TrimPrefix(row, "//")), " "))
	}
	return rows, strings.Join(rows, " ")
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestPageHasTheNumbersOfTheFunctions(t *testing.T) {
	const alpha, power = .05, .9
	rows, text := page(t)
	number, stop, plan := must[int](t), must[StoppingTime](t), must[RunsPlan](t)
	var want []string
	for _, c := range []struct {
		name  string
		limit float64
	}{{"0.1 %", .001}, {"1 %, or p99", .01}, {"5 %, or p95", .05}, {"10 %, or p90", .1}} {
		kept := Objective{Limit: c.limit, Alpha: alpha}
		want = append(want, fmt.Sprintf("%s %d %d %d %d %d", c.name,
			number(kept.SamplesToKeep(0, 0)),
			number(kept.SamplesToKeepAt(c.limit/2, power)),
			stop(Above(c.limit).StoppingTime(5*c.limit, alpha, power)).Samples,
			number(Below(c.limit).SamplesToShow(0, 0, alpha)),
			stop(Below(c.limit).StoppingTime(c.limit/10, alpha, power)).Samples))
	}
	for _, c := range []struct {
		name  string
		ratio float64
	}{{"twice as often", 2}, {"3 times", 3}, {"5 times", 5}, {"10 times", 10}} {
		half := Conditional{Share: .5, Margin: .25} // as MatchControl has it
		want = append(want, fmt.Sprintf("%s %d %d", c.name, stop(half.ErrorsToTell(c.ratio, alpha*ControlErrorsShare, power)).Samples,
			(stop(half.RequestsToTell(.01, c.ratio, alpha*ControlErrorsShare, power)).Samples+1)/2))
	}
	for _, members := range []int{3, 5, 10, 100} {
		want = append(want, fmt.Sprintf("%d %d %d", members, number(WindowsToFlag(members, alpha*LatencyShare)), stop(WindowsToFlagAt(members, .9, alpha*LatencyShare, power)).Samples))
	}
	for _, c := range []struct {
		accepted, candidates int
		level                float64
	}{{3, 3, .05}, {10, 3, .05}, {10, 1, .01}, {20, 1, .01}, {20, 3, .01}} {
		row := fmt.Sprintf("%d %d %.0f %%", c.accepted, c.candidates, 100*c.level)
		for _, shift := range []float64{3, 5, 8, 10} {
			row += fmt.Sprintf(" %.0f %%", 100*plan(PlanRuns(c.accepted, c.candidates, 5, c.level, shift)).Power)
		}
		want = append(want, row)
	}
	for _, row := range want {
		if !slices.Contains(rows, row) {
			t.Errorf("the page has no row %q", row)
		}
	}
	bound := must[float64](t)
	five := Objective{Limit: .05, Alpha: alpha}
	for _, words := range []string{
		fmt.Sprintf("is kept in %.0f, %.0f and %.0f %% of windows with 120, 250 and 500 requests, one at half of it in %.0f, %.0f and %.0f %%",
			100*five.ShareKept(.05, 120), 100*five.ShareKept(.05, 250), 100*five.ShareKept(.05, 500),
			100*five.ShareKept(.025, 120), 100*five.ShareKept(.025, 250), 100*five.ShareKept(.025, 500)),
		fmt.Sprintf("cleared after %d windows, and of errors after %d requests", number(WindowsToClear(alpha)), number(RequestsToClear(alpha))),
		fmt.Sprintf("%.0f, %.0f or %.0f %% after 1, 3 or 10 without failure",
			100*bound(FailuresBound(0, 1, alpha)), 100*bound(FailuresBound(0, 3, alpha)), 100*bound(FailuresBound(0, 10, alpha))),
		fmt.Sprintf("up to %.0f %% of the suites (1 - 0.95^20), at 0.1 %% in %.0f %%", 100*(1-math.Pow(.95, 20)), 100*(1-math.Pow(.999, 20))),
		fmt.Sprintf("false alarm in %.0f %% of the benchmarks", 100*math.Erfc(2/2.66/math.Sqrt2)),
	} {
		if !strings.Contains(text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
}

// Simulates what the page says about the usual rules. Its figures must be right to one
// and a half percentage points.
func TestPageIsRightAboutTheUsualRules(t *testing.T) {
	random := rand.New(rand.NewPCG(101, 102))
	share := func(trials int, wrong func() bool) float64 {
		n := 0
		for range trials {
			if wrong() {
				n++
			}
		}
		return 100 * float64(n) / float64(trials)
	}
	peeked := share(8000, func() bool {
		sum := 0.0
		for n := 1; n <= 100; n++ {
			sum += random.NormFloat64()
			if math.Abs(sum) > 1.959964*math.Sqrt(float64(n)) {
				return true
			}
		}
		return false
	})
	deviations := func(members int) float64 {
		return share(8000, func() bool {
			values, distances := make([]float64, members), make([]float64, members)
			for i := range values {
				values[i] = random.NormFloat64()
			}
			centre := Median(values)
			for i, v := range values {
				distances[i] = math.Abs(v - centre)
			}
			// The constant makes a deviation the standard one of a normal distribution.
			return slices.Max(distances) > 3.5*Median(distances)/.6745
		})
	}
	early := share(4000, func() bool {
		errors := 0
		for n := 1; n <= 2000; n++ {
			if random.Float64() < .005 {
				errors++
			}
			if n%20 == 0 && float64(errors) > .01*float64(n) {
				return true
			}
		}
		return false
	})
	_, text := page(t)
	for _, c := range []struct {
		words    string
		stated   float64
		measured float64
	}{
		{"but in 37 % of the cases", 37, peeked},
		{"a member of 29, 21 and 13 % of healthy fleets of 3, 5 and 10", 29, deviations(3)},
		{"a member of 29, 21 and 13 % of healthy fleets of 3, 5 and 10", 21, deviations(5)},
		{"a member of 29, 21 and 13 % of healthy fleets of 3, 5 and 10", 13, deviations(10)},
		{"apart, fails 45 % of the services at half the limit", 45, early},
	} {
		t.Logf("%q: %v, measured %.1f", c.words, c.stated, c.measured)
		if !strings.Contains(text, c.words) || math.Abs(c.stated-c.measured) > 1.5 {
			t.Errorf("%q: measured %.1f", c.words, c.measured)
		}
	}
	if 9/math.Sqrt(10) >= 3 || 10/math.Sqrt(11) < 3 {
		t.Error("three sigma does not begin at 11 members")
	}
}
