package look

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// mostBody is how much of an answer is read; the rest is not.
const mostBody = 1 << 20

// HTTPRequest is a request without its address.
type HTTPRequest struct {
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	// KeepAlive says that connections are reused. The Looker decides that; the agent
	// chooses its Looker by it.
	KeepAlive bool `json:"keepAlive,omitempty"`
}

// Check returns an error if no request can be made.
func (h HTTPRequest) Check() error {
	_, err := h.request(context.Background(), "localhost:1")
	return err
}

func (h HTTPRequest) request(ctx context.Context, address string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, h.Method, "http://"+address+h.Path, strings.NewReader(h.Body))
	if err != nil {
		if parse, ok := errors.AsType[*url.Error](err); ok {
			err = parse.Err // without the address, which the user did not write
		}
		return nil, fmt.Errorf("make request %s %s: %w", h.Method, h.Path, err)
	}
	if h.Header != nil {
		request.Header = maps.Clone(h.Header)
	}
	request.Host = h.Header.Get("Host")
	return request, nil
}

func (l *Looker) http(ctx context.Context, r Request, a *Answer) error {
	// The time to connect must not count as uncertainty about the other clock, so the
	// request counts as sent when the connection is ready. The transport may still write
	// the time after the look has given up.
	var sent atomic.Pointer[time.Time]
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { now := time.Now(); sent.Store(&now) },
	})
	request, err := r.HTTP.request(traced, r.Address)
	if err != nil {
		return Failure{err}
	}
	response, err := l.client.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the probe's name says the method and URL already
		}
		return err
	}
	defer response.Body.Close() //nolint:errcheck // the answer has been read; nothing is left to fail
	a.Status, a.Header, a.HeadAt = response.StatusCode, response.Header, time.Now()
	if at := sent.Load(); at != nil {
		a.Sent = *at
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	if err != nil {
		return fmt.Errorf("read body of %s: %w", response.Status, err)
	}
	a.Class, a.Detail, a.Body, a.Complete, a.BodyAt = OK, response.Status, body, true, time.Now()
	return nil
}
