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

// levels are the pooled quantiles at which latencies are compared.
var levels = [...]float64{0.5, 0.9, 0.99, 0.997}

// Latency is an e-process on pairs of latencies, a candidate's x beside a
// control's y. The null hypothesis is that, whatever came before, the candidate
// exceeds no latency with a higher probability than the control does once it is
// raised by the margin or the floor. It stays true when something, such as a busy
// machine, raises both together.
//
// At each of four thresholds, near the median and the 90th, 99th and 99.7th percentile
// of both, it counts the pairs where only x, or only y, is above. Under the null
// hypothesis at most half of these are x's, whatever came before. The thresholds come
// from earlier pairs only, and follow a drift. The e-value is the average over the
// thresholds, and the median counts twice.
//
// A copy may be read while the original goes on. Add to only one of the two.
type Latency struct {
	margin, floor float64
	n             int
	chosen        int // the number of pairs when the thresholds were chosen, 0 before
	thresholds    [len(levels)]float64
	more, less    [len(levels)]int // pairs with only x above the threshold, with only y
	pooled        []float64        // the latest pairs, appended to and never changed
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
		for i, threshold := range l.thresholds {
			above, yAbove := exceeds(x, threshold), exceeds(y, threshold)
			l.more[i] += above &^ yAbove
			l.less[i] += yAbove &^ above
		}
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
func (l *Latency) LogE() float64 {
	var logs [len(levels) + 1]float64
	for i := range levels {
		logs[i] = Above(0.5).LogE(l.more[i], l.more[i]+l.less[i])
	}
	logs[len(levels)] = logs[0]
	return MeanLogE(logs[:]...)
}

// LogEWithin returns the natural logarithm of the e-value that the candidate is
// not much slower than allowed. Its null hypothesis is that, whatever came before,
// the candidate exceeds the threshold near the median more often than the
// raised control does, by at least a quarter of the pairs.
func (l *Latency) LogEWithin() float64 {
	within := Mean{side: BelowLimit, bound: reach}
	if l.chosen > 0 {
		more, less := l.more[0], l.less[0]
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
	for i := range levels {
		allowed := tolerance
		if i == 0 {
			allowed = 0
		}
		if e := (Excess{l.thresholds[i], l.more[i], l.less[i]}); float64(e.More-e.Less) > allowed*float64(l.n) {
			return e, true
		}
	}
	return Excess{}, false
}

// N returns how many pairs there were.
func (l *Latency) N() int { return l.n }
