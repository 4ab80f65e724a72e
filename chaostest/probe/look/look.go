package look

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Request is one look: an HTTP request or, without one, a TCP connection.
type Request struct {
	// Address is the numeric address and the port: "172.17.0.2:8080".
	Address string `json:"address"`
	// Timeout is how long to wait for the complete answer.
	Timeout time.Duration `json:"timeout"`
	HTTP    *HTTPRequest  `json:"http,omitempty"`
}

// Answer is what came back.
type Answer struct {
	// Class is OK if a complete answer came. An HTTP answer is OK with any status.
	Class  Class  `json:"class"`
	Detail string `json:"detail"`
	// Latency is the time from the start of the look until its answer was complete.
	Latency time.Duration `json:"latency"`
	// Status is the HTTP status; 0 if no head of an answer came. Header is the head.
	Status int         `json:"status,omitempty"`
	Header http.Header `json:"header,omitempty"`
	// Body is at most 1 MiB of the body, once it is Complete.
	Body     []byte `json:"body,omitempty"`
	Complete bool   `json:"complete,omitempty"`
	// Sent is just before the request was sent, HeadAt when the head of the answer had
	// come, and BodyAt when the body had. A time is zero if it did not come to that. They
	// are by the clock of the process that looked.
	Sent   time.Time `json:"sent,omitzero"`
	HeadAt time.Time `json:"headAt,omitzero"`
	BodyAt time.Time `json:"bodyAt,omitzero"`
}

// Dial makes a TCP connection, as (*net.Dialer).DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Looker takes looks. Several goroutines may use it at once.
type Looker struct {
	dial      Dial
	transport *http.Transport
	client    *http.Client
}

// New makes a Looker that connects with dial. With keepAlive it reuses the connections of
// HTTP requests, and closes those that were idle for a second.
func New(dial Dial, keepAlive bool) *Looker {
	l := &Looker{dial: dial, transport: &http.Transport{
		DialContext: dial, DisableKeepAlives: !keepAlive, DisableCompression: true,
		MaxIdleConnsPerHost: 1000, IdleConnTimeout: time.Second,
	}}
	l.client = &http.Client{
		Transport:     l.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return l
}

// CloseIdleConnections closes the connections that are kept for reuse.
func (l *Looker) CloseIdleConnections() { l.transport.CloseIdleConnections() }

// Look takes one look. A failure of the service is in the answer's class. An error means
// that the prober could not look, or that ctx ended.
func (l *Looker) Look(ctx context.Context, r Request) (Answer, error) {
	within, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	var a Answer
	start := time.Now()
	var err error
	if r.HTTP != nil {
		err = l.http(within, r, &a)
	} else {
		err = l.tcp(within, r.Address, &a)
	}
	if a.Latency == 0 {
		a.Latency = time.Since(start)
	}
	switch class, ok := Classify(err); {
	case err == nil:
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case !ok:
		return a, err
	default:
		a.Class, a.Detail = class, err.Error()
		if class == TimedOut {
			a.Detail = fmt.Sprintf("no answer within %s", r.Timeout)
		}
	}
	return a, nil
}
