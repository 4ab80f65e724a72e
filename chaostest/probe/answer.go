package probe

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// answer is what an HTTP probe keeps of an answer to read from.
type answer struct {
	came           bool // its head, at least
	header         http.Header
	body           []byte
	complete       bool
	sent           atomic.Pointer[time.Time] // the transport may still write when the probe has given up
	headAt, bodyAt time.Time
}

// watch notes when a connection is there, right before the request is sent: the
// time that connecting takes says nothing of the other clock.
func (a *answer) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { now := time.Now(); a.sent.Store(&now) },
	})
}

func (a *answer) head(header http.Header) {
	a.came, a.header, a.headAt = true, header, time.Now()
}

func (a *answer) whole(body []byte) {
	a.complete, a.body, a.bodyAt = true, body, time.Now()
}

// read puts into the sample what the answer says of the service. A head whose body
// never came is answer enough for what is read from the head.
func (p *HTTPProbe) read(s *Sample, a *answer) {
	if p.version != nil && p.version.ready(a) {
		version, err := p.version.of(a)
		if err != nil {
			s.VersionProblem = fmt.Sprintf("version from %s: %v", p.version, err)
		}
		s.Version = versionLine(version)
	}
	if p.clock == nil || !p.clock.ready(a) {
		return
	}
	reading, err := p.clock.reading(a)
	if err == nil {
		s.Clock = reading
		return
	}
	s.ClockProblem = fmt.Sprintf("clock from %s: %v", p.clock, err)
}

// versionLine is a version in a line. Versions are compared by it, and kept with
// each sample: of one that does not fit, a digest tells it from others that begin
// alike, however long they are.
func versionLine(version string) string {
	line := excerpt(version)
	if line == version {
		return line
	}
	digest := sha256.Sum256([]byte(version))
	return fmt.Sprintf("%s (sha256 %x)", line, digest[:6])
}

func (f Field) reading(a *answer) (*Reading, error) {
	text, err := f.of(a)
	if err != nil {
		return nil, err
	}
	says, resolution, err := parseClock(text)
	if err != nil {
		return nil, err
	}
	sent := a.sent.Load()
	if sent == nil {
		return nil, errors.New("nobody saw when the request was sent")
	}
	r := &Reading{Sent: *sent, Received: a.headAt, Says: says, Resolution: resolution}
	if f.header == "" {
		r.Received = a.bodyAt // a body may be written after its head was sent
	}
	return r, nil
}
