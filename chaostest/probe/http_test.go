package probe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
)

func TestHTTPClassifiesAnswers(t *testing.T) {
	noLeak(t)
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			say(w, body)
		}
	}
	raw := func(text string) func(*net.TCPConn) {
		return func(c *net.TCPConn) {
			hear(c)
			say(c, text)
		}
	}
	for name, c := range map[string]struct {
		svc     *service
		options []probe.HTTPOption
		class   probe.Class
		detail  string
	}{
		"healthy":          {serve(t, answer(200, "hello")), nil, probe.OK, "200 OK"},
		"any 2xx":          {serve(t, answer(202, "")), nil, probe.OK, "202 Accepted"},
		"server error":     {serve(t, answer(503, "catalogue: timeout\nmore")), nil, probe.Status5xx, `503 Service Unavailable "catalogue: timeout…"`},
		"client error":     {serve(t, answer(404, "")), nil, probe.Status4xx, "404 Not Found"},
		"redirect":         {serve(t, answer(302, "")), nil, probe.Status3xx, "302 Found"},
		"expected 404":     {serve(t, answer(404, "")), []probe.HTTPOption{probe.Status(404, 410)}, probe.OK, "404 Not Found"},
		"200 for 204":      {serve(t, answer(200, "")), []probe.HTTPOption{probe.Status(204)}, probe.StatusOther, "200 OK"},
		"refused":          {closed(t), nil, probe.Refused, "connection refused"},
		"reset":            {listen(t, resetAtClose), nil, probe.Reset, ""},
		"no answer":        {listen(t, hear), nil, probe.Reset, "EOF"},
		"half an answer":   {listen(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")), nil, probe.Reset, "read body of 200 OK: unexpected EOF"},
		"garbled":          {listen(t, raw("220 mail ready\r\n")), nil, probe.Garbled, "malformed HTTP"},
		"unknown name":     {&service{address: "nowhere.invalid:80"}, nil, probe.Unreachable, "nowhere.invalid"},
		"container gone":   {&service{err: downError{errors.New("container shop does not run")}}, nil, probe.NotRunning, "container shop does not run"},
		"timeout":          {listen(t, hold), []probe.HTTPOption{probe.Timeout(50 * time.Millisecond)}, probe.TimedOut, "no answer within 50ms"},
		"timeout, in body": {listen(t, func(c *net.TCPConn) { raw("HTTP/1.1 200 OK\r\n\r\nx")(c); hold(c) }), []probe.HTTPOption{probe.Timeout(50 * time.Millisecond)}, probe.TimedOut, "no answer within 50ms"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sample(t, probe.HTTP(c.svc, "8080/tcp", "/checkout", c.options...))
			if s.Class != c.class || !strings.Contains(s.Detail, c.detail) {
				t.Errorf("got %s, want class %s and %q", s, c.class, c.detail)
			}
			if s.Healthy() != (c.class == probe.OK) {
				t.Errorf("healthy is %v for %s", s.Healthy(), s)
			}
			if c.class == probe.TimedOut && s.Latency < 50*time.Millisecond {
				t.Errorf("timed out after %s", s.Latency)
			}
		})
	}
}

func TestHTTPSendsMethodHeadersAndBody(t *testing.T) {
	svc := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s %s %s %v", r.Method, r.Host, r.URL, body, r.Header["X-Tenant"])
	})
	p := probe.HTTP(svc, "8080/tcp", "/buy?n=1", probe.Method("POST"), probe.Body("cart"),
		probe.Header("Host", "shop.example"), probe.Header("X-Tenant", "a"), probe.Header("X-Tenant", "b"))
	for range 2 {
		if s := sample(t, p); !strings.Contains(s.Detail, `"POST shop.example /buy?n=1 cart [a b]"`) {
			t.Errorf("the server saw %s", s.Detail)
		}
	}
	if p.String() != "POST http://shop:8080/buy?n=1" {
		t.Errorf("the probe is %s", p)
	}
}

func TestHTTPMakesANewConnectionEachTimeUnlessKept(t *testing.T) {
	noLeak(t)
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	svc := &service{address: server.Listener.Addr().String()}
	kept := probe.HTTP(svc, "8080/tcp", "/", probe.KeepAlive())
	t.Cleanup(kept.CloseIdleConnections)
	for _, c := range []struct {
		p    *probe.HTTPProbe
		want int32
	}{{probe.HTTP(svc, "8080/tcp", "/"), 3}, {kept, 1}} {
		connections.Store(0)
		for range 3 {
			sample(t, c.p)
		}
		if got := connections.Load(); got != c.want {
			t.Errorf("3 samples made %d connections, want %d", got, c.want)
		}
	}
}

func TestHTTPReadsABoundedPartOfAnEndlessBody(t *testing.T) {
	noLeak(t)
	svc := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 64<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	if s := sample(t, probe.HTTP(svc, "8080/tcp", "/", probe.Timeout(time.Minute))); !s.Healthy() {
		t.Errorf("got %s", s)
	}
}

func TestHTTPAsksForTheEndpointOnceAndAgainWhenItFails(t *testing.T) {
	g := NewWithT(t)
	first := closed(t)
	alive := serve(t, func(http.ResponseWriter, *http.Request) {})
	svc := &service{address: alive.address}
	p := probe.HTTP(svc, "8080/tcp", "/")
	for range 5 {
		sample(t, p)
	}
	g.Expect(svc.asked).To(Equal(1))

	svc = &service{address: first.address}
	p = probe.HTTP(svc, "8080/tcp", "/")
	g.Expect(sample(t, p).Class).To(Equal(probe.Refused))
	svc.move(alive.address, nil)
	g.Eventually(func() probe.Class { return sample(t, p).Class }).WithTimeout(10 * time.Second).Should(Equal(probe.OK))
}

func TestHTTPThatCannotLookIsAnErrorAndNotASample(t *testing.T) {
	svc := serve(t, func(http.ResponseWriter, *http.Request) {})
	stopped, stop := context.WithCancelCause(t.Context())
	stop(errors.New("the spec is over"))
	for want, c := range map[string]struct {
		ctx context.Context
		p   probe.Probe
	}{
		"probe GET http://shop:9090/: find port 9090/tcp of shop: port 9090/tcp is not published": {t.Context(), probe.HTTP(svc, "9090/tcp", "/")},
		`probe GET http://shop:8080checkout: path "checkout": must begin with /`:                  {t.Context(), probe.HTTP(svc, "8080/tcp", "checkout")},
		`probe GET http://shop:8080/%zz: make request GET /%zz: invalid URL escape "%zz"`:         {t.Context(), probe.HTTP(svc, "8080/tcp", "/%zz")},
		`probe A B http://shop:8080/: make request A B /: net/http: invalid method "A B"`:         {t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.Method("A B"))},
		`probe GET http://shop:8080/: header "A B": not the name of a header`:                     {t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.Header("A B", "c"))},
		`probe GET http://shop:8080/: header A: value "b\nc": must be one line`:                   {t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.Header("A", "b\nc"))},
		"probe GET http://shop:8080/: expected status 42: must be from 200 to 599":                {t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.Status(42))},
		"probe GET http://shop:8080/: timeout 0s: must be above 0 and at most 10m0s":              {t.Context(), probe.HTTP(svc, "8080/tcp", "/", probe.Timeout(0))},
		`probe GET http://shop:8080/: find port 8080/tcp of shop: endpoint "nonsense" is not host:port: address nonsense: missing port in address`: {
			t.Context(), probe.HTTP(&service{address: "nonsense"}, "8080/tcp", "/"),
		},
		"probe GET http://shop:8080/: the spec is over": {stopped, probe.HTTP(svc, "8080/tcp", "/")},
	} {
		if s, err := c.p.Sample(c.ctx); err == nil || err.Error() != want {
			t.Errorf("got %s and error\n  %v, want\n  %s", s, err, want)
		}
	}
}
