package matchers

import (
	"fmt"
	"slices"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/units"
)

// withoutNil returns the options without those that are nil, and an error for the first nil one.
func withoutNil[O comparable](options []O) ([]O, error) {
	var none O
	at := slices.Index(options, none)
	if at < 0 {
		return options, nil
	}
	return slices.DeleteFunc(slices.Clone(options), func(o O) bool { return o == none }),
		fmt.Errorf("option %d of %d is nil: leave it out", at+1, len(options))
}

// DefaultAlpha is the level of the statistical matchers where Alpha sets none.
const DefaultAlpha = 0.05

// AlphaOption is the level of a statistical matcher. It comes from Alpha.
type AlphaOption float64

// Alpha sets the level at which a matcher judges, above 0 and at most 0.5. The default is
// DefaultAlpha. A service that keeps its limit is called a violation with at most this
// probability, and one that is much worse passes with at most this probability. Both hold
// over all looks at a growing window together. MatchBaseline looks once, at the end, and
// bounds only the first.
func Alpha(alpha float64) AlphaOption { return AlphaOption(alpha) }

func (a AlphaOption) validate() error {
	if !(a > 0 && a <= 0.5) {
		return fmt.Errorf("alpha %v: must be above 0 and at most 0.5", float64(a))
	}
	return nil
}

// changedOptions names the level if it is not the default.
func (a AlphaOption) changedOptions() string {
	if a == DefaultAlpha {
		return ""
	}
	return " at alpha " + units.Chosen(float64(a))
}

// MarginOption is the difference that a user allows. It comes from Margin.
type MarginOption float64

// Margin sets how much worse a value may be than the one it is compared with, as a
// share from 0 to 10. With Margin(25 * Percent) a latency of 125 ms is no worse than
// one of 100 ms. Each matcher names its default.
func Margin(share float64) MarginOption { return MarginOption(share) }

func (m MarginOption) validate() error {
	if !(m >= 0 && m <= 10) {
		return fmt.Errorf("margin %v: must be from 0 to 10: write Margin(25 * Percent) for 25 %%", float64(m))
	}
	return nil
}

// FloorOption is a difference of latencies that never counts. It comes from Floor.
type FloorOption time.Duration

// Floor sets the least difference of latencies that counts, however small the
// latencies are; the default is a millisecond. It keeps two answers of 200 and 300
// microseconds from being called different. It is not negative.
func Floor(d time.Duration) FloorOption { return FloorOption(d) }

// defaultFloor is about what a busy machine's scheduler adds to a round trip.
const defaultFloor = FloorOption(time.Millisecond)

func (f FloorOption) validate() error {
	if f < 0 {
		return fmt.Errorf("floor %s: must not be negative", time.Duration(f))
	}
	return nil
}

func (f FloorOption) seconds() float64 { return time.Duration(f).Seconds() }

// ProofOption says when an objective is satisfied. Without one, a window keeps it when it
// shows no violation and has enough samples to rule out a gross one. Consistently
// then fails at the first look that shows a violation. It fails as undecided when its
// time, or the load, ends before there are enough samples.
//
//	Consistently(ctx, selling.Window).WithTimeout(30*time.Second).Should(KeepErrorRateBelow(1 * Percent))
type ProofOption int

const (
	// Proved is for Eventually over a window that grows. The samples must prove that
	// the limit itself is kept, and not just that it is not grossly violated. That
	// takes more samples (417 without an error for a limit of 1 %), and alpha
	// bounds the probability of a false proof. Eventually ends at once when the
	// opposite is shown, or when the load ends without a proof.
	//
	//	Eventually(ctx, selling.Window).Should(KeepErrorRateBelow(1*Percent, Proved))
	//
	// Negated it never passes. To show that a service breaks its limit, use
	// NotTo(KeepErrorRateBelow(1 * Percent)).
	Proved ProofOption = iota + 1
)

func (s ProofOption) validate() error {
	if s != 0 && s != Proved {
		return fmt.Errorf("proof option %d: there is Proved, or none", int(s))
	}
	return nil
}
