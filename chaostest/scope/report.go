package scope

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// reporter is what Ginkgo's T has and a plain one has not.
type reporter interface {
	AddReportEntryVisibilityNever(name string, args ...any)
	ParallelProcess() int
}

// report leaves a record in the suite's report. Only machines read the entries;
// people read the steps and the messages.
func (s *Scope) report(name string, rec any) {
	if r, ok := s.t.(reporter); ok {
		r.AddReportEntryVisibilityNever(name, rec)
	}
}

// Stepper is an optional capability of a T: a timeline of steps, to which By adds one.
type Stepper interface{ By(step string) }

// by adds what happens to the test's timeline, where it has one.
func (s *Scope) by(step string) {
	if timeline, ok := s.t.(Stepper); ok {
		timeline.By(step)
	}
}

// showProgress makes the live fault part of the progress that Ginkgo prints of a
// spec that is slow, asked (^T), or out of time. It returns how that ends.
func (s *Scope) showProgress(i *Injection) (end func()) {
	r, ok := s.t.(interface {
		AttachProgressReporter(reporter func() string) func()
	})
	if !ok {
		return func() {}
	}
	return r.AttachProgressReporter(func() string {
		return fmt.Sprintf("%s: live for %s", i, time.Since(i.merged().Start).Round(time.Millisecond))
	})
}

func (s *Scope) process() int {
	if r, ok := s.t.(reporter); ok {
		return r.ParallelProcess()
	}
	return 1
}

func (s *Scope) emit(event record.Event) {
	event.Spec, event.Process = s.t.Name(), s.process()
	emit(event)
}

// emit appends an event to the file that the chaosgate command follows. One
// write a line keeps the lines of several processes apart. No test fails because it
// cannot be followed.
func emit(event record.Event) {
	path := os.Getenv(record.EventsVariable)
	if path == "" {
		return
	}
	event.Schema, event.Time = record.Schema, time.Now()
	line, err := json.Marshal(event)
	if err != nil {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	_, _ = file.Write(append(line, '\n'))
}
