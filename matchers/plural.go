package matchers

import "github.com/chaosgate/chaosgate/chaostest/units"

func samples(n int) string { return units.Plural(n, "sample") }

func requests(n int) string { return units.Plural(n, "request") }

func windows(n int) string { return units.Plural(n, "window") }

func pairsOfSamples(n int) string { return units.Plural(n, "pair") + " of samples" }
