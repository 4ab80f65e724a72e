package stats

import (
	"fmt"
	"math"
	"slices"
)

const (
	// reach is the difference of shares at the median that LogEWithin rules out.
	reach = 0.25
	// tolerance is the share of the pairs by which the candidate may be observed above a
	// threshold beyond the median more often: a fifth of reach.
	tolerance = reach / 5
	// Thresholds are chosen after firstPairs, and then whenever the pairs have doubled, but
	// at the latest after mostPairs more. They come from the latest pairs, at most
	// pooledPairs.
	firstPairs, pooledPairs, mostPairs = 4, 512, 8192
)

// levels are the pooled quantiles at which latencies are compared: one score for the first
// bulk of them together, and each of the others for itself.
var levels = [...]float64{0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.99, 0.997}

// bulk is how many of the levels make up the score. The median is one of them.
const bulk, atMedian = 7, 3

// alone are the levels that are compared for themselves, too.
var alone = [...]int{6, 7, 8}

// onScore is the share of the capital that is bet on the score. The rest is bet on the levels
// alone.
const onScore = 0.6

// scoreBets are the parts of its capital that each of five equal bettors bets on a score.
var scoreBets = [...]float64{0.15, 0.3, 0.5, 0.75, 0.95}

// Latency is an e-process on pairs of latencies, a candidate's x beside a
// control's y. The null hypothesis is that, whatever came before, the candidate
// exceeds no latency with a higher probability than the control does once it is
// raised by the margin or the floor. It stays true when something, such as a busy
// machine, raises both together.
//
// It has nine thresholds, from the 10th to the 99.7th percentile of both. The score of a
// pair is how many of the seven up to the 90th only x is above, less how many only y is.
// Under the null hypothesis its mean is at most 0, whatever came before. It sees what the
// rank-sum test sees. Each of the three highest thresholds is also tested alone: at most half
// of the pairs that differ there are x's. The e-value is an average over these. The
// thresholds come from earlier pairs only, and follow a drift.
//
// Scores that lie together, because requests of one moment are alike, count less: as many
// count as one as their clusters show.
//
// A copy may be read while the original goes on. Add to only one of the two.
type Latency struct {
	margin, floor float64
	n             int
	chosen        int // the number of pairs when the thresholds were chosen, 0 before
	thresholds    [len(levels)]float64
	counts        compared // since the first thresholds
	early         compared // those of them before LeaveOut
	// scores are clusters of the scores. mine and theirs are clusters of how many thresholds
	// of the score the candidate is above, and the control.
	scores, mine, theirs clusters
	// now are the clusters of the differences at each level alone since the thresholds were
	// chosen, because another threshold is exceeded more or less often. before is the design
	// effect of the time before that.
	now    [len(alone)]clusters
	before [len(alone)]float64
	pooled []float64 // the latest pairs, appended to and never changed
}

// compared counts pairs: those with only x above each threshold, those with only y, and all
// by their score.
type compared struct {
	more, less [len(levels)]int
	scores     [2*bulk + 1]int
}

// NewLatency returns a Latency whose control is raised by the share margin, 0.1
// for 10 %, or by floor, whichever is more; neither is negative. The floor is in
// the unit of the latencies. Smaller differences do not count.
func NewLatency(margin, floor float64) (Latency, error) {
	switch {
	case !usable(margin):
		return Latency{}, fmt.Errorf("compare latencies with margin %v: must be a share of at least 0, such as 0.1", margin)
	case !(floor >= 0) || math.IsInf(floor, 0):
		return Latency{}, fmt.Errorf("compare latencies with floor %v: must be a latency of at least 0", floor)
	}
	return Latency{margin: margin, floor: floor}, nil
}

// Add adds one pair, a latency of the candidate and one of the control in the same
// unit. A failed request has +Inf. A negative latency or NaN is an error and changes
// nothing.
func (l *Latency) Add(x, y float64) error {
	if !(x >= 0 && y >= 0) {
		return fmt.Errorf("compare latencies %v and %v: must be at least 0, or +Inf for a failed request", x, y)
	}
	y = math.Max(y*raised(l.margin), lifted(y, l.floor))
	if l.chosen > 0 {
		l.compare(x, y)
	}
	l.n++
	next := l.chosen + min(max(l.chosen, firstPairs), mostPairs)
	if l.n+pooledPairs >= next {
		l.pooled = append(l.pooled, x, y)
	}
	if l.n == next {
		l.choose()
	}
	return nil
}

// compare adds a pair, whose y is raised, to all counts.
func (l *Latency) compare(x, y float64) {
	mine, theirs := 0, 0
	var differences [len(levels)]int
	for i, threshold := range l.thresholds {
		above, yAbove := exceeds(x, threshold), exceeds(y, threshold)
		l.counts.more[i] += above &^ yAbove
		l.counts.less[i] += yAbove &^ above
		differences[i] = above - yAbove
		if i < bulk {
			mine, theirs = mine+above, theirs+yAbove
		}
	}
	l.counts.scores[mine-theirs+bulk]++
	l.scores.add(mine - theirs)
	l.mine.add(mine)
	l.theirs.add(theirs)
	for i, level := range alone {
		l.now[i].add(differences[level])
	}
}

// LeaveOut makes LogEAfter leave out all pairs so far.
func (l *Latency) LeaveOut() { l.early = l.counts }

// exceeds has no branch, because a processor would mispredict it half of the time.
func exceeds(latency, threshold float64) int {
	above := 0
	if latency > threshold {
		above = 1
	}
	return above
}

// choose sets the thresholds for later pairs from the latest ones.
func (l *Latency) choose() {
	sorted := slices.Clone(l.pooled)
	slices.Sort(sorted)
	for i, level := range levels {
		l.thresholds[i] = threshold(sorted, level)
	}
	l.chosen = l.n
	for i := range l.now {
		l.before[i], l.now[i] = l.now[i].effect(), clusters{}
	}
	if l.n >= pooledPairs {
		l.pooled = make([]float64, 0, 2*pooledPairs)
	}
}

// threshold is near the quantile: a share of about 1-level is above it. If many latencies
// are equal, it is just below them when that comes nearer to the share, or when
// otherwise nothing would be above.
func threshold(sorted []float64, level float64) float64 {
	n := len(sorted)
	at := sorted[int(math.Ceil(level*float64(n)))-1]
	first, _ := slices.BinarySearch(sorted, at)
	last := first
	for last < n && sorted[last] == at {
		last++
	}
	share := (1 - level) * float64(n)
	above, atLeast := float64(n-last), float64(n-first)
	// Nothing exceeds +Inf, but a failed request exceeds the largest number.
	if math.IsInf(at, 1) || atLeast-above > 1 && (above == 0 || share-above > atLeast-share) {
		return math.Nextafter(at, math.Inf(-1))
	}
	return at
}

// LogE returns the natural logarithm of the e-value that the candidate is slower
// than allowed, 0 before the first thresholds.
func (l *Latency) LogE() float64 { return l.logE(&l.counts) }

// LogEAfter is LogE without the pairs before LeaveOut.
func (l *Latency) LogEAfter() float64 {
	later := l.counts
	for i := range later.more {
		later.more[i] -= l.early.more[i]
		later.less[i] -= l.early.less[i]
	}
	for i := range later.scores {
		later.scores[i] -= l.early.scores[i]
	}
	return l.logE(&later)
}

func (l *Latency) logE(c *compared) float64 {
	if l.n <= firstPairs {
		return 0
	}
	together := l.Together()
	var each [len(alone)]float64
	for i := range alone {
		each[i] = max(together, l.before[i], l.now[i].effect())
	}
	return c.logE(together, each)
}

// logE is the evidence when so many scores count as one, and so many differences at each
// level alone.
func (c *compared) logE(together float64, each [len(alone)]float64) float64 {
	logs := [1 + len(alone)]float64{c.scoreLogE(together) + math.Log(onScore)}
	for i, level := range alone {
		logs[1+i] = Above(0.5).InBursts(each[i]).LogE(c.more[level], c.more[level]+c.less[level]) + math.Log((1-onScore)/float64(len(alone)))
	}
	return logSum(logs[:])
}

// P is the p-value of one look, when the load has ended, that the candidate is slower than
// allowed. It sees smaller differences than LogE, which holds at every look. It is that of
// the mean score, a normal variable (Mann and Whitney 1947), 1 before the first thresholds.
func (l *Latency) P() float64 {
	sum, squares := 0.0, 0.0
	for score, times := range l.counts.scores {
		value := float64(score - bulk)
		sum += value * float64(times)
		squares += value * value * float64(times)
	}
	if l.n < fewestNormal || squares == 0 {
		return 1
	}
	return math.Erfc(sum/math.Sqrt(2*squares*l.Together())) / 2
}

// fewestNormal is how many pairs a sum of scores needs to be about a normal variable.
const fewestNormal = 30

// scoreLogE is the evidence of the scores, when so many count as one.
func (c *compared) scoreLogE(one float64) float64 {
	var logs [len(scoreBets)]float64
	for i, bet := range scoreBets {
		for score, times := range c.scores {
			logs[i] += float64(times) * math.Log1p(bet*float64(score-bulk)/bulk)
		}
		logs[i] /= one
	}
	return MeanLogE(logs[:]...)
}

// fewTogether is how much larger clusters count where few independent pairs remain, because
// their size is uncertain then.
const fewTogether = 4

// Together is how many pairs count as one, because requests of one moment are alike. It is
// what the differences show, or the candidate and the control each for itself if that is more.
func (l *Latency) Together() float64 {
	effect := l.scores.effect()
	if mine, theirs := l.mine.spread(), l.theirs.spread(); mine+theirs > 0 {
		effect = max(effect, (mine*l.mine.effect()+theirs*l.theirs.effect())/(mine+theirs))
	}
	if effect == 1 {
		return 1
	}
	return effect * (1 + fewTogether*effect/float64(l.scores.n))
}

// LogEWithin returns the natural logarithm of the e-value that the candidate is
// not much slower than allowed. Its null hypothesis is that, whatever came before,
// the candidate exceeds the threshold near the median more often than the
// raised control does, by at least a quarter of the pairs.
func (l *Latency) LogEWithin() float64 {
	within := Mean{side: BelowLimit, bound: reach}
	if l.chosen > 0 {
		more, less := l.counts.more[atMedian], l.counts.less[atMedian]
		within.whole = [...]int{less, l.n - firstPairs - more - less, more}
	}
	return within.LogE()
}

// Excess is a threshold that the candidate exceeded more often than allowed.
type Excess struct {
	// Threshold is in the unit of the latencies.
	Threshold float64
	// More counts the pairs where only the candidate was above the threshold, and Less
	// those where only the raised control was.
	More, Less int
}

// Excess returns where the candidate was observed to be slower than allowed, whether
// that is shown or not. At the median it must be above more often than the raised control,
// and at higher thresholds more often by more than 5 % of the pairs.
func (l *Latency) Excess() (Excess, bool) {
	for _, i := range append([]int{atMedian}, alone[:]...) {
		allowed := tolerance
		if i == atMedian {
			allowed = 0
		}
		if e := (Excess{l.thresholds[i], l.counts.more[i], l.counts.less[i]}); float64(e.More-e.Less) > allowed*float64(l.n) {
			return e, true
		}
	}
	return Excess{}, false
}

// N returns how many pairs there were.
func (l *Latency) N() int { return l.n }
