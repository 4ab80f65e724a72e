package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// HTTPProbe sends requests to an HTTP server. It comes from HTTP.
type HTTPProbe struct {
	endpoint endpoint
	memory   memory
	request  look.HTTPRequest
	status   []int
	timeout  Timeout
	version  *Field
	clock    *Field
	local    *look.Looker
	err      error
}

// HTTP is a probe that sends a request to a port of the service, and reads the answer,
// at most 1 MiB of it. Any 2xx status is healthy. Redirects are not followed, and no
// proxy is used.
//
//	checkout := probe.HTTP(shop, "8080/tcp", "/checkout", probe.Timeout(time.Second))
func HTTP(svc Service, port, path string, options ...HTTPOption) *HTTPProbe {
	p := &HTTPProbe{
		endpoint: endpoint{svc: svc, port: port},
		request:  look.HTTPRequest{Method: http.MethodGet, Path: path, Header: http.Header{}},
		timeout:  Timeout(DefaultTimeout),
	}
	for i, o := range options {
		if o == nil {
			p.err = cmp.Or(p.err, nilOption(i))
			continue
		}
		o.applyHTTP(p)
	}
	p.local = look.New(new(net.Dialer).DialContext, p.request.KeepAlive)
	p.err = cmp.Or(p.err, p.check())
	return p
}

func (p *HTTPProbe) check() error {
	if !strings.HasPrefix(p.request.Path, "/") {
		return fmt.Errorf("path %q: must begin with /", p.request.Path)
	}
	for _, code := range p.status {
		if code < 200 || code > 599 {
			return fmt.Errorf("expected status %d: must be from 200 to 599", code)
		}
	}
	for name, values := range p.request.Header {
		if name == "" || strings.ContainsFunc(name, notInToken) {
			return fmt.Errorf("header %q: not the name of a header", name)
		}
		for _, value := range values {
			if strings.ContainsAny(value, "\r\n\x00") {
				return fmt.Errorf("header %s: value %q: must be one line", name, value)
			}
		}
	}
	for _, field := range []*Field{p.version, p.clock} {
		if field != nil && field.err != nil {
			return field.err
		}
	}
	return cmp.Or(p.endpoint.checkClient(), p.request.Check())
}

// notInToken is true for a character that no header's name has (RFC 9110, 5.6.2).
func notInToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

// String is the request as a peer of the service would write it: "GET
// http://shop:8080/checkout".
func (p *HTTPProbe) String() string {
	if p.local == nil {
		return "HTTPProbe{}"
	}
	return fmt.Sprintf("%s http://%s:%s%s%s", p.request.Method, nameOf(p.endpoint.svc), p.endpoint.number(), p.request.Path, p.endpoint.from())
}

// Services are the service, and the one of From.
func (p *HTTPProbe) Services() []Service { return p.endpoint.services() }

// problem is what is wrong with the probe itself.
func (p *HTTPProbe) problem() error {
	if p.local == nil {
		return errors.New("the probe is a zero value: make it with probe.HTTP")
	}
	return p.err
}

// Sample sends one request.
func (p *HTTPProbe) Sample(ctx context.Context) (Sample, error) {
	if err := p.problem(); err != nil {
		return Sample{}, fmt.Errorf("probe %s: %w", p, err)
	}
	var a look.Answer
	s, err := take(ctx, p.endpoint.svc, p.String(), p.timeout, &p.memory, func(ctx context.Context, s *Sample) error {
		request := p.request
		return p.endpoint.look(ctx, p.local, look.Request{Timeout: time.Duration(p.timeout), HTTP: &request}, s, &a)
	})
	if err != nil {
		return s, err
	}
	if s.Class == OK && !p.expects(a.Status) {
		s.Class = look.OfStatus(a.Status)
		if said := excerpt(string(a.Body)); said != "" {
			s.Detail += fmt.Sprintf(" %q", said)
		}
	}
	p.memory.saw(s)
	p.read(&s, &a)
	return s, nil
}

// Prepare finds the service's port, so that the first sample of a load need not.
func (p *HTTPProbe) Prepare(ctx context.Context) error {
	if err := p.problem(); err != nil {
		return err
	}
	_, _, err := p.endpoint.find(ctx)
	return err
}

// CloseIdleConnections closes the connections that KeepAlive left open. Run calls it
// at its end.
func (p *HTTPProbe) CloseIdleConnections() {
	if p.local != nil {
		p.local.CloseIdleConnections()
	}
}

func (p *HTTPProbe) expects(code int) bool {
	if len(p.status) == 0 {
		return code/100 == 2
	}
	return slices.Contains(p.status, code)
}
