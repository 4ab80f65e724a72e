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
// the events come in bursts. Its size does not grow. A copy is independent.
type Events struct{ clusters }

// Add adds a sample.
func (e *Events) Add(event bool) {
	value := 0
	if event {
		value = 1
	}
	e.add(value)
}

// N is the number of samples.
func (e *Events) N() int { return e.n }

// Count is the number of samples with the event.
func (e *Events) Count() int { return e.sum }

// Burst is how many events come together, as an event sees it: about b if all come in
// bursts of b, and 1 unless independent events would hardly ever lie so close together.
// Counts divided by it are as certain as those of independent samples.
func (e *Events) Burst() float64 {
	return max(1, min(e.effect(), float64(e.sum), max(burstSamples, burstPart*float64(e.n))))
}

// Differences are signed events, such as an error here alone or in a control alone, of
// pairs of samples. Like Events it measures how close together they lie.
type Differences struct{ clusters }

// Add adds a pair: 1, -1, or 0 without a difference.
func (d *Differences) Add(sign int) { d.add(sign) }

// An episode of differences is a burst up to this many pairs, or up to this part of all.
const differencePairs, differencePart = 12, 1. / 20

// Burst is how many differences come together, as for Events. An episode of more than 12
// pairs and a 20th of all is an outage, which counts as more than one.
func (d *Differences) Burst() float64 {
	return max(1, min(d.effect(), float64(d.others), max(differencePairs, differencePart*float64(d.n))))
}

// clusters measures how close together like values of a series lie, such as events, or signs of
// differences. It sums the values in blocks of 2, 4, 8 and so on, each size on two grids
// that lie half a block apart.
type clusters struct {
	n, sum, squares, others int // others than 0
	levels                  [mostLevels]level
}

// level is what is known about the blocks of 2^i values.
type level struct {
	complete int
	// first and last are the sums of the first and of the latest complete block.
	first, last int
	// squares adds up the squared sums of complete blocks, on both grids.
	squares, shifted float64
}

func (c *clusters) add(value int) {
	c.n++
	c.sum += value
	if value != 0 {
		c.squares += value * value
		c.others++
	}
	for i := range c.levels {
		l := &c.levels[i]
		l.squares += square(float64(value))
		l.complete++
		before := l.last
		l.last = value
		if l.complete == 1 {
			l.first = value
			return
		}
		value += before
		if l.complete%2 == 1 { // the two are halves of different blocks
			c.levels[min(i+1, mostLevels-1)].shifted += square(float64(value))
			return
		}
	}
}

// spread is the sum of the squared differences of the values from their mean.
func (c *clusters) spread() float64 {
	return float64(c.squares) - square(float64(c.sum))/max(1, float64(c.n))
}

// effect is the design effect of clustered samples (Kish 1965, "Survey Sampling"): how
// many values say as much as one independent value. It is 1 unless independent values would
// hardly ever lie as they do.
func (c *clusters) effect() float64 {
	effect := 1.0
	tail := 0 // the sum of the values after the last complete block of the level below
	for i := 1; i < mostLevels && c.n>>i >= 2; i++ {
		size, below := 1<<i, &c.levels[i-1]
		even, odd := tail, tail
		if below.complete%2 == 1 {
			even += below.last
		} else {
			odd += below.last
		}
		aligned := c.grid(size, 0, 0, c.levels[i].squares, even)
		shifted := c.grid(size, size/2, below.first, c.levels[i].shifted, odd)
		effect = max(effect, aligned.effect(), shifted.effect())
		tail = even
	}
	return effect
}

// grid is how the values are spread over blocks.
type grid struct {
	blocks int
	// rarer counts the values that differ from most, and rate is their share.
	rarer int
	rate  float64
	// spread adds up the squared differences of the sums from what the mean expects.
	spread float64
	// chance is the spread of independent values, and pairs is how many pairs of the rarer
	// ones would then share a block. One such pair has this part in the spread.
	chance, pairs, part float64
}

// grid makes the grid of blocks of this size. A shorter block comes before them, and
// another one after them.
func (c *clusters) grid(size, first, inFirst int, squares float64, inLast int) grid {
	n, mean := float64(c.n), float64(c.sum)/float64(c.n)
	whole := (c.n - first) / size
	last := (c.n - first) % size
	expected := mean * float64(size)
	spread := squares - 2*expected*float64(c.sum-inFirst-inLast) + square(expected)*float64(whole) +
		square(float64(inFirst)-mean*float64(first)) + square(float64(inLast)-mean*float64(last))
	share := (pairsOf(first) + float64(whole)*pairsOf(size) + pairsOf(last)) / pairsOf(c.n)
	g := grid{blocks: whole, rarer: c.others, spread: spread, chance: c.spread() * (1 - share), part: 2}
	if c.squares == c.sum { // events: those without the event may be rarer
		g.rarer = min(c.others, c.n-c.others)
		g.rate = float64(g.rarer) / n
	} else {
		g.part *= float64(c.squares) / float64(c.others)
	}
	g.pairs = share * pairsOf(g.rarer)
	return g
}

// effect is the design effect that explains the spread, or 1 if chance explains it.
func (g grid) effect() float64 {
	more := (g.spread - g.chance) / g.part // pairs
	switch {
	case !(more > 1e-9) || g.pairs == 0:
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
