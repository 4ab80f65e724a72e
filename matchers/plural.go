package matchers

import "strconv"

func samples(n int) string { return plural(n, "sample") }

func requests(n int) string { return plural(n, "request") }

func windows(n int) string { return plural(n, "window") }

func pairsOfSamples(n int) string { return plural(n, "pair") + " of samples" }

// plural is "1 sample" or "2 samples".
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
