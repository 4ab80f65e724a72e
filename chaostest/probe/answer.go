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

// answer is the answer that an HTTP probe reads fields from.
type answer struct {
	hasHead        bool
	header         http.Header
	body           []byte
	complete       bool
	sent           atomic.Pointer[time.Time] // atomic, because the transport may still write after the probe has given up
	headAt, bodyAt time.Time
}

// trace records when the connection is ready, right before the request is sent: the
// time to connect must not count as uncertainty about the other clock.
func (a *answer) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { now := time.Now(); a.sent.Store(&now) },
	})
}

func (a *answer) setHead(header http.Header) {
	a.hasHead, a.header, a.headAt = true, header, time.Now()
}

func (a *answer) setBody(body []byte) {
	a.complete, a.body, a.bodyAt = true, body, time.Now()
}

// read copies the service's version and clock from the answer into the sample. Fields
// of the head are read even if the body never came.
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

// versionLine is the version in one short line, by which versions are compared. A
// version that does not fit ends with a digest, so that two long ones that begin alike
// still differ.
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
		return nil, errors.New("the time at which the request was sent is not known")
	}
	r := &Reading{Sent: *sent, Received: a.headAt, Says: says, Resolution: resolution}
	if f.header == "" {
		r.Received = a.bodyAt // a body may be written after its head was sent
	}
	return r, nil
}
