package probe

import (
	"context"
	"sync"
	"time"
)

// schedule is when each look of a load is meant to start, and whose it is. The
// looks of a round, one a probe, are spread over the round's time, and the probes
// take turns in being first: in round i probe m has place (m+i) mod n.
type schedule struct {
	probes []Probe
	start  time.Time
	rate   Rate // of each probe
	looks  int
}

func (s schedule) intended(k int) time.Time {
	return s.start.Add(time.Duration(float64(k) / (float64(s.rate) * float64(len(s.probes))) * float64(time.Second)))
}

// whose is the place of look k's probe.
func (s schedule) whose(k int) int {
	n := len(s.probes)
	return (k%n - (k/n)%n + n) % n
}

// outcome is how look k ended.
type outcome struct {
	k int
	Sample
	err error
}

// launch starts every look at its time, until all are, ctx ends or stop is
// closed. When all that were started have ended it returns how many that were.
func (s schedule) launch(ctx context.Context, stop <-chan struct{}, outcomes chan<- outcome) (launched int) {
	var flying sync.WaitGroup
	defer flying.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for k := range s.looks {
		intended := s.intended(k)
		if wait := time.Until(intended); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
			case <-stop:
			}
		}
		select {
		case <-ctx.Done():
			return k
		case <-stop:
			return k
		default:
		}
		p := s.probes[s.whose(k)]
		flying.Go(func() {
			started := time.Now()
			sample, err := p.Sample(ctx)
			sample.Lag = max(0, started.Sub(intended))
			sample.Latency += sample.Lag
			sample.Time = intended
			outcomes <- outcome{k, sample, err}
		})
	}
	return s.looks
}
