package scope

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// The bounds of the logs of a failed test. They are read while the test ends, so an engine
// that does not answer must not hold it up for long.
const (
	logsWithin = 5 * time.Second
	readLines  = 2000 // of each service
	keptLines  = 20
)

// Showing is an optional capability of a T: it shows something to people if the test has
// failed, and keeps it for programs. Without it, Logf shows it.
type Showing interface {
	ShowFailed(name string, logs record.Logs)
}

// ShowLogs shows the last lines of the logs of the services that the test has to do with, if
// it has failed: the targets of its faults, the peers, and what it has probed. A framework
// calls it after each test, failed or not, when the loads and faults have ended, and before any
// teardown begins. Without a call the cleanups of the test do the same. Each run of a test
// shows them once.
func (s *Scope) ShowLogs() {
	s.t.Helper()
	defer s.history.endBody()
	if !s.t.Failed() {
		return
	}
	s.announce()
	s.showLogs()
}

// thenLogs is a cleanup that may fail the test, and then shows the logs.
func (s *Scope) thenLogs(cleanup func()) func() {
	return func() {
		s.t.Helper()
		defer s.ShowLogs()
		cleanup()
	}
}

func (s *Scope) showLogs() {
	s.t.Helper()
	of, since, first := s.history.tellOnce()
	if !first || len(of) == 0 {
		return
	}
	logs := s.readLogs(of, since)
	if t, ok := s.t.(Showing); ok {
		t.ShowFailed(record.LogsEntry, logs)
		return
	}
	s.t.Logf("%s", logs)
}

// tellOnce returns what the running test has to do with, and since when. First is true once.
func (h *history) tellOnce() (of []concern, since time.Time, first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first, h.told = !h.told, true
	return slices.Clone(h.concerned), h.began, first
}

// readLogs reads the logs of all services at once.
func (s *Scope) readLogs(of []concern, since time.Time) record.Logs {
	ctx, cancel := afterTest(logsWithin)
	defer cancel()
	faults := s.faultsSince(since)
	logs := record.Logs{Schema: record.Schema, Spec: s.t.Name(), Services: make([]record.Log, len(of))}
	var wait sync.WaitGroup
	for n, c := range of {
		wait.Go(func() {
			log := record.Log{Service: c.service.Name(), Roles: c.roles, Since: since, Faults: faults}
			c.service.readLog(ctx, &log)
			logs.Services[n] = log
		})
	}
	wait.Wait()
	return logs
}

func (s *Service) readLog(ctx context.Context, log *record.Log) {
	lines, err := s.Logs(ctx, log.Since, readLines)
	if err != nil {
		log.Missing = record.LogText(strings.Join(strings.Fields(s.called(err).Error()), " "))
		if ctx.Err() != nil {
			log.Missing = fmt.Sprintf("it could not be read within %s", logsWithin)
		}
		return
	}
	var texts []record.LogLine
	for _, l := range lines {
		if text := record.LogText(l.Text); text != "" {
			texts = append(texts, record.LogLine{At: l.Time, Text: text})
		}
	}
	log.KeepLines(texts, keptLines)
	if len(lines) == readLines && len(log.Lines) > 0 {
		log.Lines[0].More = log.Lines[0].LeftOut > 0
	}
}

// faultsSince are the faults of the test, and those over it, since a time.
func (s *Scope) faultsSince(since time.Time) []record.LogFault {
	var all []record.LogFault
	seen := map[*Injection]bool{}
	for _, i := range slices.Concat(everywhere.live(s.member()), s.history.all()) {
		if seen[i] || !i.wasLive() || !i.liveBetween(since, time.Now()) {
			continue
		}
		seen[i] = true
		to, _ := i.Ended()
		all = append(all, record.LogFault{Fault: i.String(), From: i.merged().Start, To: to})
	}
	slices.SortStableFunc(all, func(a, b record.LogFault) int { return a.From.Compare(b.From) })
	return all
}
