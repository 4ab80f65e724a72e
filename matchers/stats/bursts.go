package stats

import "math"

const (
	// mostLevels is enough blocks of 2, 4, 8 and so on samples for any load.
	mostLevels = 40
	// burstDeviations is how many standard deviations more pairs of events must lie close
	// together than by chance before events count as bursts.
	burstDeviations = 2.0
	// An episode is a burst up to this many samples, or up to this part of all of them.
	// What is longer is an outage, which counts as more than one.
	burstSamples, burstPart = 20, 1. / 10
)

// Events counts samples, and those with an event, such as an error. It measures whether
// the events come in bursts: it counts them in blocks of 2, 4, 8 and so on samples, each
// size on two grids that lie half a block apart. Its size does not grow. A copy is independent.
type Events struct {
	n, events int
	levels    [mostLevels]level
}

// level is what is known about the blocks of 2^i samples.
type level struct {
	complete int
	// first and last are the events in the first and in the latest complete block.
	first, last int
	// squares sums the squared counts of complete blocks, on both grids.
	squares, shifted float64
}

// Add adds a sample.
func (e *Events) Add(event bool) {
	count := 0
	if event {
		count = 1
	}
	e.n++
	e.events += count
	for i := range e.levels {
		l := &e.levels[i]
		l.squares += square(float64(count))
		l.complete++
		before := l.last
		l.last = count
		if l.complete == 1 {
			l.first = count
			return
		}
		count += before
		if l.complete%2 == 1 { // the two are halves of different blocks
			e.levels[min(i+1, mostLevels-1)].shifted += square(float64(count))
			return
		}
	}
}

// N is the number of samples.
func (e *Events) N() int { return e.n }

// Count is the number of samples with the event.
func (e *Events) Count() int { return e.events }

// Burst is how many events come together, as an event sees it: about b if all come in
// bursts of b, and 1 unless independent events would hardly ever lie so close together. It
// is the design effect of clustered samples (Kish 1965, "Survey Sampling"): counts divided
// by it are as certain as those of independent samples.
func (e *Events) Burst() float64 {
	if e.events < 2 || e.events == e.n {
		return 1
	}
	burst := 1.0
	tail := 0 // the events after the last complete block of the level below
	for i := 1; i < mostLevels && e.n>>i >= 2; i++ {
		size, below := 1<<i, &e.levels[i-1]
		even, odd := tail, tail
		if below.complete%2 == 1 {
			even += below.last
		} else {
			odd += below.last
		}
		aligned := e.grid(size, 0, 0, e.levels[i].squares, even)
		shifted := e.grid(size, size/2, below.first, e.levels[i].shifted, odd)
		burst = max(burst, aligned.burst(), shifted.burst())
		tail = even
	}
	return min(burst, float64(e.events), max(burstSamples, burstPart*float64(e.n)))
}

// grid is how the events are spread over blocks.
type grid struct {
	blocks int
	// rarer counts the samples with the event, or those without it if there are fewer.
	rarer int
	rate  float64 // of the rarer ones
	// spread is the sum of the squared differences of the counts from what the rate expects.
	spread float64
	// chance is the spread of independent events, and pairs is how many pairs of the rarer
	// ones would then share a block.
	chance, pairs float64
}

// grid makes the grid of blocks of this size. A shorter block comes before them, and
// another one after them.
func (e *Events) grid(size, first, inFirst int, squares float64, inLast int) grid {
	n, rate := float64(e.n), float64(e.events)/float64(e.n)
	whole := (e.n - first) / size
	last := (e.n - first) % size
	expected := rate * float64(size)
	spread := squares - 2*expected*float64(e.events-inFirst-inLast) + square(expected)*float64(whole) +
		square(float64(inFirst)-rate*float64(first)) + square(float64(inLast)-rate*float64(last))
	share := (pairsOf(first) + float64(whole)*pairsOf(size) + pairsOf(last)) / pairsOf(e.n)
	rarer := min(e.events, e.n-e.events)
	return grid{
		blocks: whole, rarer: rarer, rate: float64(rarer) / n, spread: spread,
		chance: n * rate * (1 - rate) * (1 - share), pairs: share * pairsOf(rarer),
	}
}

// burst is the size of the bursts that explains the spread, or 1 if chance explains it.
func (g grid) burst() float64 {
	more := (g.spread - g.chance) / 2 // pairs
	switch {
	case more <= 0:
		return 1
	case poissonDeviations(g.pairs+more, g.pairs) < burstDeviations*(1-g.rate):
		return 1
	case g.rarer >= g.blocks && chiSquareDeviations(g.spread/g.chance, g.blocks-1) < burstDeviations:
		// Many in each of a few blocks are no Poisson count.
		return 1
	}
	return g.spread / g.chance
}

// poissonDeviations is how unusual a count is, in standard deviations: the signed root of
// its deviance.
func poissonDeviations(count, expected float64) float64 {
	return math.Sqrt(2 * (count*math.Log(count/expected) - count + expected))
}

// chiSquareDeviations is how unusual a mean of squares is, in standard deviations (Wilson
// and Hilferty 1931, "The distribution of chi-square").
func chiSquareDeviations(mean float64, squares int) float64 {
	v := 2 / (9 * float64(squares))
	return (math.Cbrt(mean) - 1 + v) / math.Sqrt(v)
}

func pairsOf(n int) float64 { return float64(n) * float64(n-1) / 2 }

func square(x float64) float64 { return x * x }
