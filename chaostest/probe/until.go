package probe

import (
	"context"
	"time"
)

// decideEvery is how often RunUntil asks whether the window decides.
const decideEvery = 100 * time.Millisecond

// RunUntil is Run, but ends as soon as decided is true of the window so far, which it is
// asked ten times a second. The samples in flight are still awaited, and are in the window.
func RunUntil[S Look[S, W], W Windowed](ctx context.Context, what Loadable[S], rate Rate, d time.Duration, decided func(W) bool, options ...RunOption) (W, error) {
	s, err := start(ctx, what, rate, d, append(options, func(r *run) { r.bounded = true }))
	if err != nil {
		var none W
		return none, err
	}
	ticker := time.NewTicker(decideEvery)
	defer ticker.Stop()
	for {
		select {
		case <-s.load.done: // soon after ctx, if that ends
			return s.window(), s.load.err
		case <-ticker.C:
			if decided(s.window()) {
				s.Stop()
				<-s.load.done
				return s.window(), s.load.err
			}
		}
	}
}
