package stats

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// answersOf draws one answer of a random member; the odd one has its own classes.
func answersOf(random *rand.Rand, answers [][]int, odd int) {
	member, class := random.IntN(len(answers[0])), 0
	if u := random.Float64(); u < .02 {
		class = 2
	} else if u < .2 || member == odd && u < .35 {
		class = 1
	}
	answers[class][member]++
}

func newAnswers() [][]int { return [][]int{make([]int, 5), make([]int, 5), make([]int, 5)} }

func TestCompareClassesHoldsItsLevelAtEveryLook(t *testing.T) {
	const fleets, alpha = 300, .05
	random := rand.New(rand.NewPCG(111, 112))
	wrong := 0
	for range fleets {
		answers := newAnswers()
		for n := range 2000 {
			answersOf(random, answers, -1)
			if n%20 != 0 {
				continue
			}
			got, err := CompareClasses(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got.LogE >= -math.Log(alpha) {
				wrong++
				break
			}
		}
	}
	t.Logf("%d of %d healthy fleets do not answer alike", wrong, fleets)
	if binomialTail(wrong, fleets, alpha) < 1e-4 {
		t.Errorf("%d of %d healthy fleets do not answer alike, at alpha %v", wrong, fleets, alpha)
	}
}

func TestCompareClassesFindsTheOneWithOldCode(t *testing.T) {
	const fleets, alpha = 200, .05
	random := rand.New(rand.NewPCG(113, 114))
	found, rest := 0, 0
	for range fleets {
		answers := newAnswers()
		for range 2000 {
			answersOf(random, answers, 3)
		}
		got, err := CompareClasses(answers, []float64{.2, .2, .2, .2, .2})
		if err != nil {
			t.Fatal(err)
		}
		if got.LogE >= -math.Log(alpha) && got.Member == 3 {
			found++
		}
		if got.RestLogE >= -math.Log(alpha) {
			rest++
		}
	}
	t.Logf("found %d of %d; the rest differ in %d", found, fleets, rest)
	if found < fleets*9/10 || rest > fleets/20 {
		t.Errorf("found %d of %d; the rest differ in %d", found, fleets, rest)
	}
}

func TestCompareClassesRefusesWhatItCannotCompare(t *testing.T) {
	two := [][]int{{1, 2, 3}, {1, 2, 3}}
	for want, c := range map[string]struct {
		answers [][]int
		shares  []float64
	}{
		"answers of 1 classes":    {two[:1], nil},
		"at least 3 are needed":   {[][]int{{1, 2}, {1, 2}}, nil},
		"class 1 has counts of 1": {[][]int{{1, 2, 3}, {1}}, nil},
		"member 2 gave -1":        {[][]int{{1, 2, 3}, {1, 1, -1}}, nil},
		"2 shares for 3 members":  {two, []float64{.5, .5}},
		"shares' sum is":          {two, []float64{.5, .5, .5}},
		"share NaN":               {two, []float64{.5, .5, math.NaN()}},
		"share 0 of arm 2":        {two, []float64{.5, .5, 0}},
	} {
		if got, err := CompareClasses(c.answers, c.shares); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", want, got, err)
		}
	}
	if got, err := CompareClasses([][]int{{0, 0, 0}, {0, 0, 0}}, nil); err != nil || got.LogE != 0 {
		t.Errorf("no answers: %+v, %v", got, err)
	}
}

// What is left of very unequal shares is not 1 less the share that is left out.
func TestCompareClassesWithSharesThatAreHardToAdd(t *testing.T) {
	const third = 0.3333333336 // their sum is 1 to 1e-9
	for _, c := range []struct {
		answers [][]int
		shares  []float64
		member  int
		rest    float64
	}{
		{[][]int{{1, 1, 60000}, {9, 9, 400000}}, []float64{5e-9, 5e-9, 1 - 1e-8}, 2, -0.093},
		{[][]int{{10, 10, 60}, {90, 90, 40}}, []float64{third, third, third}, 2, -0.608},
	} {
		got, err := CompareClasses(c.answers, c.shares)
		if err != nil || got.Member != c.member || math.Abs(got.RestLogE-c.rest) > 0.001 {
			t.Errorf("%v: got %+v, %v", c.shares, got, err)
		}
	}
}
