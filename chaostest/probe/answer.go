package probe

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// read copies the service's version and clock from the answer into the sample. Fields
// of the head are read even if the body never came.
func (p *HTTPProbe) read(s *Sample, a *look.Answer) {
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

func (f Field) reading(a *look.Answer) (*Reading, error) {
	text, err := f.of(a)
	if err != nil {
		return nil, err
	}
	says, resolution, err := parseClock(text)
	if err != nil {
		return nil, err
	}
	if a.Sent.IsZero() {
		return nil, errors.New("the time at which the request was sent is not known")
	}
	r := &Reading{Sent: a.Sent, Received: a.HeadAt, Says: says, Resolution: resolution}
	if f.header == "" {
		r.Received = a.BodyAt // a body may be written after its head was sent
	}
	return r, nil
}
