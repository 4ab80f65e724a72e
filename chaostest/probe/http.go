package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// mostBody is how much of an answer is read; the rest is not.
const mostBody = 1 << 20

// HTTPProbe sends requests to an HTTP server. It comes from HTTP.
type HTTPProbe struct {
	endpoint  endpoint
	memory    memory
	path      string
	method    string
	header    http.Header
	body      string
	status    []int
	timeout   Timeout
	version   *Field
	clock     *Field
	transport *http.Transport
	client    *http.Client
	err       error
}

// HTTP is a probe that sends a request to a port of the service, and reads the answer,
// at most 1 MiB of it. Any 2xx status is healthy. Redirects are not followed, and no
// proxy is used.
//
//	checkout := probe.HTTP(shop, "8080/tcp", "/checkout", probe.Timeout(time.Second))
func HTTP(svc Service, port, path string, options ...HTTPOption) *HTTPProbe {
	p := &HTTPProbe{
		endpoint: endpoint{svc: svc, port: port}, path: path,
		method: http.MethodGet, header: http.Header{}, timeout: Timeout(DefaultTimeout),
		transport: &http.Transport{
			DisableKeepAlives: true, DisableCompression: true,
			MaxIdleConnsPerHost: 1000, IdleConnTimeout: time.Second,
		},
	}
	p.client = &http.Client{
		Transport:     p.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	for i, o := range options {
		if o == nil {
			p.err = cmp.Or(p.err, nilOption(i))
			continue
		}
		o.applyHTTP(p)
	}
	p.err = cmp.Or(p.err, p.check())
	return p
}

func (p *HTTPProbe) check() error {
	if !strings.HasPrefix(p.path, "/") {
		return fmt.Errorf("path %q: must begin with /", p.path)
	}
	for _, code := range p.status {
		if code < 200 || code > 599 {
			return fmt.Errorf("expected status %d: must be from 200 to 599", code)
		}
	}
	for name, values := range p.header {
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
	_, err := p.request(context.Background(), "localhost:1")
	return err
}

// notInToken is true for a character that no header's name has (RFC 9110, 5.6.2).
func notInToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func (p *HTTPProbe) request(ctx context.Context, address string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, p.method, "http://"+address+p.path, strings.NewReader(p.body))
	if err != nil {
		if parse, ok := errors.AsType[*url.Error](err); ok {
			err = parse.Err // without the address, which the user did not write
		}
		return nil, fmt.Errorf("make request %s %s: %w", p.method, p.path, err)
	}
	request.Header = maps.Clone(p.header)
	request.Host = p.header.Get("Host")
	return request, nil
}

// String is the request as a peer of the service would write it: "GET
// http://shop:8080/checkout".
func (p *HTTPProbe) String() string {
	if p.client == nil {
		return "HTTPProbe{}"
	}
	return fmt.Sprintf("%s http://%s:%s%s", p.method, nameOf(p.endpoint.svc), p.endpoint.number(), p.path)
}

// problem is what is wrong with the probe itself.
func (p *HTTPProbe) problem() error {
	if p.client == nil {
		return errors.New("the probe is a zero value: make it with probe.HTTP")
	}
	return p.err
}

// Sample sends one request.
func (p *HTTPProbe) Sample(ctx context.Context) (Sample, error) {
	if err := p.problem(); err != nil {
		return Sample{}, fmt.Errorf("probe %s: %w", p, err)
	}
	var a answer
	s, err := take(ctx, p.endpoint.svc, p.String(), p.timeout, &p.memory, func(ctx context.Context) (Class, string, error) {
		return p.look(ctx, &a)
	})
	if err == nil {
		p.read(&s, &a)
	}
	return s, err
}

// Prepare finds the service's port, so that the first sample of a load need not.
func (p *HTTPProbe) Prepare(ctx context.Context) error {
	if err := p.problem(); err != nil {
		return err
	}
	_, err := p.endpoint.find(ctx)
	return err
}

// CloseIdleConnections closes the connections that KeepAlive left open. Run calls it
// at its end.
func (p *HTTPProbe) CloseIdleConnections() {
	if p.transport != nil {
		p.transport.CloseIdleConnections()
	}
}

func (p *HTTPProbe) look(ctx context.Context, a *answer) (Class, string, error) {
	address, err := p.endpoint.find(ctx)
	if err != nil {
		return "", "", err
	}
	request, err := p.request(a.trace(ctx), address)
	if err != nil {
		return "", "", lookError{err}
	}
	response, err := p.client.Do(request)
	p.endpoint.connected(err)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the probe's name says the method and URL already
		}
		return "", "", err
	}
	defer response.Body.Close() //nolint:errcheck // the answer has been read; nothing is left to fail
	a.setHead(response.Header)
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	if err != nil {
		return "", "", fmt.Errorf("read body of %s: %w", response.Status, err)
	}
	a.setBody(body)
	if p.expects(response.StatusCode) {
		return OK, response.Status, nil
	}
	detail := response.Status
	if said := excerpt(string(body)); said != "" {
		detail += fmt.Sprintf(" %q", said)
	}
	return classifyStatus(response.StatusCode), detail, nil
}

func (p *HTTPProbe) expects(code int) bool {
	if len(p.status) == 0 {
		return code/100 == 2
	}
	return slices.Contains(p.status, code)
}
