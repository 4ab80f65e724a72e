package scope

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// reporter are the methods that Ginkgo's T has and testing.T does not have.
type reporter interface {
	AddReportEntryVisibilityNever(name string, args ...any)
	ParallelProcess() int
}

// report adds a record to the suite's report. Only programs read these entries; people
// read the steps and the messages.
func (s *Scope) report(name string, rec any) {
	if r, ok := s.t.(reporter); ok {
		r.AddReportEntryVisibilityNever(name, rec)
	}
}

// carry adds all loads that run and all injections that are live to the spec's report.
func (s *Scope) carry() {
	for _, l := range s.history.running() {
		s.carryLoad(l)
	}
	for _, i := range s.history.all() {
		if i.Active() && i.wasLive() {
			s.carryOne(i)
		}
	}
}

// carryOne adds an injection to the spec's report once. The entry of the spec in which it
// ends has the final evidence.
func (s *Scope) carryOne(i *Injection) {
	if s.history.carry(s.t.Name() + " " + i.id) {
		s.report(record.InjectionEntry, i)
	}
}

// carryLoad does the same for the window of a load.
func (s *Scope) carryLoad(l *running) {
	if s.history.carry(s.t.Name() + " " + l.id) {
		s.report(record.WindowEntry, l.entry)
	}
}

// Stepper is an optional capability of a T: By adds a step to its timeline.
type Stepper interface{ By(step string) }

// by adds a step to the test's timeline, if it has one.
func (s *Scope) by(step string) {
	if timeline, ok := s.t.(Stepper); ok {
		timeline.By(step)
	}
}

// showProgress adds the live fault to the progress report that Ginkgo prints for a slow
// spec, on ^T, or at a timeout. The function that it returns removes it again.
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

// emit appends an event to the file that the chaosgate command reads. Each line is one
// write, so the lines of several processes do not mix. A test does not fail if the event
// cannot be written.
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
