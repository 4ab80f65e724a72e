package probe

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Series collects samples over time. Its Window has the samples so far; it shares them,
// costs nothing to make, and never changes. A Stream fills a series, and so can a test, a
// simulation, or another tool that measures. Many goroutines may use it at once.
type Series struct {
	probe  string
	spec   string
	number int
	faults []string
	start  time.Time
	notes  *notes

	mu         sync.Mutex
	samples    []Sample // only appended to, because windows share its beginning
	classes    map[Class]int
	errors     int
	completeTo time.Time // all samples meant for an earlier time are here
	ended      bool
	invalid    error   // what is wrong with the end
	latest     *Window // the window so far; nil after a change
}

// NewSeries makes an empty series. No sample is meant for a time before start. The
// probe's name is for messages and records.
func NewSeries(probe string, start time.Time) *Series {
	return &Series{probe: probe, start: start, completeTo: start, classes: map[Class]int{}, notes: &notes{}}
}

// Add appends samples in the order of their intended starts: no Time is before the
// series' start, or before the Time of an earlier sample. It adds all of them or none.
// After End nothing can be added.
func (s *Series) Add(samples ...Sample) error {
	if len(samples) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notes == nil {
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
		return errors.New("the series has ended: add before End")
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

// add appends samples that were checked. The caller holds the lock. With them, all
// samples meant for a time before completeTo are in the series.
func (s *Series) add(samples []Sample, completeTo time.Time) {
	s.samples = append(s.samples, samples...)
	forget(s.samples[len(s.samples)-len(samples):])
	for i := range samples {
		if class := samples[i].Class; class != OK {
			s.classes[class]++
			s.errors++
		}
	}
	s.completeTo, s.latest = later(s.completeTo, completeTo), nil
}

// forget removes the recorders of single samples, because the samples of a window are
// judged together.
func forget(samples []Sample) {
	for i := range samples {
		samples[i].recorder = nil
	}
}

// End says that no more samples will come. The end is when the span of the intended
// starts ended, so it is not before any sample's Time. Only the first call counts.
func (s *Series) End(end time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended, s.completeTo, s.latest = true, end, nil
	s.invalid = checkSpan(s.start, end, s.samples)
}

// heading is a window without its samples.
func (s *Series) heading(end time.Time) Window {
	return Window{probe: s.probe, spec: s.spec, number: s.number, faults: s.faults, start: s.start, end: end}
}

// Window returns the window so far. It is the same window until something is added.
func (s *Series) Window() *Window {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil {
		n := len(s.samples)
		s.latest = &Window{
			probe: s.probe, spec: s.spec, number: s.number, faults: s.faults, start: s.start, end: s.completeTo,
			samples: s.samples[:n:n], classes: maps.Clone(s.classes), errors: s.errors, invalid: s.invalid,
			growing: !s.ended, final: s.ended, notes: s.notes,
		}
	}
	return s.latest
}
