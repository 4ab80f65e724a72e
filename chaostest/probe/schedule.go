package probe

import (
	"context"
	"sync"
	"time"
)

// schedule says when each sample of a load is meant to start, and which probe takes it.
// A round has one sample for each probe, spread over the time of the round. The probes
// take turns to be first: in round i, probe m has place (m+i) mod n.
type schedule struct {
	probes []Probe
	start  time.Time
	rate   Rate // of each probe
	looks  int  // samples in all
}

func (s schedule) intended(k int) time.Time {
	return s.start.Add(time.Duration(float64(k) / (float64(s.rate) * float64(len(s.probes))) * float64(time.Second)))
}

// memberOf is the index of the probe that takes sample k.
func (s schedule) memberOf(k int) int {
	n := len(s.probes)
	return (k%n - (k/n)%n + n) % n
}

// outcome is how sample k ended.
type outcome struct {
	k int
	Sample
	err error
}

// launch starts every sample at its time, until all are started, ctx ends, or stop is
// closed. It waits for the samples that it started, and returns their number.
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
		p := s.probes[s.memberOf(k)]
		flying.Go(func() {
			started := time.Now()
			sample, err := p.Sample(ctx)
			sample.Lag = max(0, started.Sub(intended))
			sample.Time = intended
			outcomes <- outcome{k, sample, err}
		})
	}
	return s.looks
}
