package look_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// dialed makes a Looker that reaches the server and counts the connections.
func dialed(connections *int) *look.Looker {
	return look.New(func(ctx context.Context, network, address string) (net.Conn, error) {
		*connections++
		return new(net.Dialer).DialContext(ctx, network, address)
	}, true)
}

func TestAnHTTPLookAnswersInFull(t *testing.T) {
	g := NewWithT(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Host", r.Host)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(append([]byte(r.Method+" "+r.URL.String()+" "), body...))
	}))
	defer server.Close()
	connections := 0
	l := dialed(&connections)
	defer l.CloseIdleConnections()
	began := time.Now()
	for range 3 {
		a, err := l.Look(t.Context(), look.Request{
			Address: strings.TrimPrefix(server.URL, "http://"), Timeout: 5 * time.Second,
			HTTP: &look.HTTPRequest{Method: "POST", Path: "/a?b=c", Header: http.Header{"Host": {"shop"}}, Body: "hello"},
		})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(a.Class).To(Equal(look.OK), "the probe judges the status")
		g.Expect(a.Status).To(Equal(http.StatusServiceUnavailable))
		g.Expect(a.Detail).To(Equal("503 Service Unavailable"))
		g.Expect(string(a.Body)).To(Equal("POST /a?b=c hello"))
		g.Expect(a.Header.Get("X-Host")).To(Equal("shop"))
		g.Expect(a.Complete).To(BeTrue())
		g.Expect(a.Sent).To(BeTemporally(">=", began))
		g.Expect(a.HeadAt).To(BeTemporally(">=", a.Sent))
		g.Expect(a.BodyAt).To(BeTemporally(">=", a.HeadAt))
		g.Expect(a.Latency).To(And(BeNumerically(">", 0), BeNumerically("<=", time.Since(began))))

		// What crosses the wire to the host is the same answer.
		encoded, err := json.Marshal(a)
		g.Expect(err).NotTo(HaveOccurred())
		var decoded look.Answer
		g.Expect(json.Unmarshal(encoded, &decoded)).To(Succeed())
		g.Expect(decoded.Body).To(Equal(a.Body))
		g.Expect(decoded.Header).To(Equal(a.Header))
		g.Expect(decoded.Latency).To(Equal(a.Latency))
	}
	g.Expect(connections).To(Equal(1), "connections are reused")
}

func TestAnErrorIsTheServicesOrTheProbers(t *testing.T) {
	g := NewWithT(t)
	for err, want := range map[error]look.Class{
		syscall.ECONNREFUSED: look.Refused, syscall.ECONNRESET: look.Reset, syscall.ECONNABORTED: look.Reset, syscall.EPIPE: look.Reset,
		io.EOF: look.Reset, io.ErrUnexpectedEOF: look.Reset, context.DeadlineExceeded: look.TimedOut, syscall.ETIMEDOUT: look.TimedOut,
		syscall.EHOSTUNREACH: look.Unreachable, syscall.ENETUNREACH: look.Unreachable, syscall.EHOSTDOWN: look.Unreachable,
		&net.DNSError{Err: "no such host"}:    look.Unreachable,
		errors.New("malformed HTTP response"): look.Garbled,
		// This process or machine is out of something.
		syscall.EMFILE: "", syscall.ENFILE: "", syscall.EADDRNOTAVAIL: "", syscall.ENOBUFS: "", syscall.ENOMEM: "",
		&net.OpError{Op: "dial", Err: syscall.EACCES}:                      "",
		look.Failure{Err: context.DeadlineExceeded}:                        "",
		&net.OpError{Op: "dial", Err: look.Failure{Err: syscall.ENOTCONN}}: "",
	} {
		class, ok := look.Classify(err)
		g.Expect(class).To(Equal(want), err.Error())
		g.Expect(ok).To(Equal(want != ""), err.Error())
	}
}

func TestAStatusHasAClass(t *testing.T) {
	g := NewWithT(t)
	for code, class := range map[int]look.Class{204: look.StatusOther, 302: look.Status3xx, 404: look.Status4xx, 503: look.Status5xx} {
		g.Expect(look.OfStatus(code)).To(Equal(class))
	}
}

func TestARequestIsChecked(t *testing.T) {
	g := NewWithT(t)
	g.Expect(look.HTTPRequest{Method: "GET", Path: "/"}.Check()).To(Succeed())
	g.Expect(look.HTTPRequest{Method: "G T", Path: "/"}.Check()).To(MatchError(ContainSubstring("G T")))
	g.Expect(look.HTTPRequest{Method: "GET", Path: "/%zz"}.Check()).To(MatchError(And(ContainSubstring("/%zz"), Not(ContainSubstring("localhost")))))
}
