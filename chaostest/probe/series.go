package probe

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Series is the samples of a span that goes on. Its windows are what there is so
// far: they cost nothing to make, share its samples, and never change. A Stream
// fills one; so may a test, a simulation, or another tool that measures. It
// may be used by many goroutines at once.
type Series struct {
	probe  string
	spec   string
	number int
	faults []string
	start  time.Time
	kept   *kept

	mu      sync.Mutex
	samples []Sample // only appended to: windows hold its beginning
	classes map[Class]int
	errors  int
	known   time.Time // all samples meant for before are in
	ended   bool
	invalid error   // of the end
	latest  *Window // the window of what there is, nil after a change
}

// NewSeries makes an empty series whose first sample is meant for start or later.
// The probe's name is for messages and records.
func NewSeries(probe string, start time.Time) *Series {
	return &Series{probe: probe, start: start, known: start, classes: map[Class]int{}, kept: &kept{}}
}

// Add appends samples, in the order of their intended starts: Time is not before
// the series' start, nor before the Time of the sample before. It adds all of
// them or none. To a series that has ended nothing can be added.
func (s *Series) Add(samples ...Sample) error {
	if len(samples) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		return errors.New("add samples: the series is a zero value: make it with probe.NewSeries")
	}
	if err := s.check(samples); err != nil {
		return fmt.Errorf("add samples to %s: %w", s.probe, err)
	}
	s.add(samples, samples[len(samples)-1].Time.Add(1))
	return nil
}

func (s *Series) check(samples []Sample) error {
	if s.ended {
		return fmt.Errorf("the series has ended: add before End")
	}
	last := s.start
	if len(s.samples) > 0 {
		last = s.samples[len(s.samples)-1].Time
	}
	for i := range samples {
		if t := samples[i].Time; t.Before(last) {
			return fmt.Errorf("a sample meant for %s comes after %s: add them in the order of their intended starts, from the series' start on",
				t.Format(clockTime), last.Format(clockTime))
		}
		if err := samples[i].check(); err != nil {
			return err
		}
		last = samples[i].Time
	}
	return nil
}

// add appends samples that are in order, for one that holds the lock; all those
// meant for before known are in then.
func (s *Series) add(samples []Sample, known time.Time) {
	s.samples = append(s.samples, samples...)
	forget(s.samples[len(s.samples)-len(samples):])
	for i := range samples {
		if class := samples[i].Class; class != OK {
			s.classes[class]++
			s.errors++
		}
	}
	s.known, s.latest = later(s.known, known), nil
}

// forget leaves out by whom single samples are recorded: those of a window are
// judged together.
func forget(samples []Sample) {
	for i := range samples {
		samples[i].recorder = nil
	}
}

// End says that no more samples will come, and when the span ended in which they
// were intended: not before one of them was. Only the first call counts.
func (s *Series) End(end time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.known, s.latest = true, end, nil
	s.invalid = checkSpan(s.start, end, s.samples)
}

// heading is a window without its samples.
func (s *Series) heading(end time.Time) Window {
	return Window{probe: s.probe, spec: s.spec, number: s.number, faults: s.faults, start: s.start, end: end}
}

// Window is what there is so far. Asked again before anything was added, it is
// the same one.
func (s *Series) Window() *Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		n := len(s.samples)
		s.latest = &Window{
			probe: s.probe, spec: s.spec, number: s.number, faults: s.faults, start: s.start, end: s.known,
			samples: s.samples[:n:n], classes: maps.Clone(s.classes), errors: s.errors, invalid: s.invalid,
			growing: !s.ended, final: s.ended, kept: s.kept,
		}
	}
	return s.latest
}
