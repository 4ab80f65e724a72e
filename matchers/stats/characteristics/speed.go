package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/chaosgate/chaosgate/matchers/stats"
)

// detections is how many runs a median or a quantile comes from.
const detections = 20_000

// spent is how much each run had to see, in order. A run that found nothing has the
// largest number.
type spent []int

func sorted(all []int) spent { return slices.Sorted(slices.Values(all)) }

func (s spent) quantile(q float64) int {
	return s[max(int(math.Ceil(q*float64(len(s))))-1, 0)]
}

func (s spent) mean() float64 {
	sum := 0.0
	for _, n := range s {
		sum += float64(n)
	}
	return sum / float64(len(s))
}

// medianAndQ90 is a row with a claim about both.
func (s spent) medianAndQ90(what string, median, q90 int, naive string) row {
	m, q := s.quantile(0.5), s.quantile(0.9)
	return row{
		what: what, claim: fmt.Sprintf("median at most %d, q90 %d", median, q90),
		simulated: fmt.Sprintf("median %d, q90 %d", m, q), holds: m <= median && q <= q90, naive: naive,
	}
}

func objectives(l *lab) []row {
	const alpha, most = 0.01, 20_000
	until := func(rate float64) spent {
		return sorted(each(l, detections, func(_ int, random *rand.Rand) int {
			test, events := stats.Above(limit), 0
			for n := 1; n <= most; n++ {
				if random.Float64() >= rate {
					continue // without an event the evidence only falls
				}
				if events++; test.Shows(events, n, alpha) {
					return n
				}
			}
			return most
		}))
	}
	five, two := until(0.05), until(0.02)
	return []row{
		five.medianAndQ90("limit 1 %, true 5 %, alpha 1 %: requests to violated", 110, 280, "209: one exact test with 90 % power and a single look"),
		{
			what: "limit 1 %, true 2 %, alpha 1 %: requests to violated", claim: "mean at most 1870",
			simulated: fmt.Sprintf("mean %.0f, median %d, q90 %d", two.mean(), two.quantile(0.5), two.quantile(0.9)),
			holds:     two.mean() <= 1870, naive: "1870: one exact test with 90 % power and a single look",
		},
	}
}

func control(l *lab) []row {
	const alpha = 0.01
	errors := sorted(each(l, detections, func(_ int, random *rand.Rand) int {
		test := stats.Conditional{Share: 0.5}
		canary, usual := 0, 0
		for canary+usual < 2000 {
			if random.Float64() < 0.75 { // three times as many errors on as many requests
				canary++
			} else {
				usual++
			}
			if test.Shows(canary, usual, alpha) {
				break
			}
		}
		return canary + usual
	}))
	once, err := stats.SamplesToDetect(0.5, 0.75, alpha, 0.9)
	must(err)
	rows := []row{{
		what: "canary with 3 times the errors, alpha 1 %: errors of both to violated", claim: "mean at most 45, q90 at most 80",
		simulated: fmt.Sprintf("mean %.1f, median %d, q90 %d", errors.mean(), errors.quantile(0.5), errors.quantile(0.9)),
		holds:     errors.mean() <= 45 && errors.quantile(0.9) <= 80, naive: fmt.Sprintf("%d: one exact test with 90 %% power and a single look", once),
	}}
	for _, c := range []struct {
		factor float64
		q90    int
	}{{1.5, 140}, {1.2, 560}} {
		pairs := sorted(each(l, detections, func(_ int, random *rand.Rand) int { return pairsUntil(random, c.factor, alpha) }))
		rows = append(rows, row{
			what: fmt.Sprintf("latency x%.1f, alpha 1 %%: pairs to violated", c.factor), claim: fmt.Sprintf("q90 at most %d", c.q90),
			simulated: fmt.Sprintf("median %d, q90 %d", pairs.quantile(0.5), pairs.quantile(0.9)),
			holds:     pairs.quantile(0.9) <= c.q90, naive: fmt.Sprintf("%.0f: Mann-Whitney with 90 %% power and a single look", noether(c.factor, alpha, 0.9)),
		})
	}
	return rows
}

// noether is how many samples of each side Mann-Whitney needs at one look to show that
// latencies are longer by the factor (Noether 1987, "Sample size determination for some
// common nonparametric tests").
func noether(factor, alpha, power float64) float64 {
	normal := func(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
	longer := 1 - math.Erfc(math.Log(factor)/(2*sigma))/2
	return math.Ceil(math.Pow((normal(1-alpha)+normal(power))/(longer-0.5), 2) / 6)
}

// pairsUntil is how many pairs show that latencies are longer by the factor.
func pairsUntil(random *rand.Rand, factor, alpha float64) int {
	const most = 5000
	test, err := stats.NewLatency(0, 0)
	must(err)
	for n := 1; n <= most; n++ {
		must(test.Add(factor*math.Exp(sigma*random.NormFloat64()), math.Exp(sigma*random.NormFloat64())))
		if test.LogE() >= -math.Log(alpha) {
			return n
		}
	}
	return most
}
