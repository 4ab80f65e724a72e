package probe_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// service is a probe.Service and probe.Recorder without a container.
type service struct {
	mu      sync.Mutex
	address string
	way     record.Way
	err     error
	asked   int
	fault   string // the network fault that is live
	accepts bool   // at the container's own address
	checks  int
	onExec  func(ctx context.Context, command ...string) (int, string, error)

	judgedOf   string
	judgements record.Judgements
}

func (s *service) Name() string { return "shop" }

func (s *service) Endpoint(_ context.Context, port string) (string, record.Way, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if port != "8080/tcp" && s.err == nil {
		return "", "", errors.New("port " + port + " is not published")
	}
	return s.address, s.way, s.err
}

func (s *service) NetworkFault() string { return s.fault }

func (s *service) Accepts(context.Context, string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks++
	return s.accepts, nil
}

func (s *service) move(address string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.address, s.err = address, err
}

func (s *service) Exec(ctx context.Context, command ...string) (int, string, error) {
	return s.onExec(ctx, command...)
}

func (s *service) Judged(probe, matcher, objective string, judgement func() record.Judgement) string {
	s.judgedOf = probe
	return s.judgements.Keep(record.About{Matcher: matcher, Objective: objective}, judgement)
}

type downError struct{ error }

func (downError) ServiceDown() {}

// serve starts an HTTP server that ends with the test.
func serve(t *testing.T, handler http.HandlerFunc) *service {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &service{address: strings.TrimPrefix(server.URL, "http://")}
}

// listen starts a TCP server that hands each connection to handle.
func listen(t *testing.T, handle func(*net.TCPConn)) *service {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = connection.Close() }()
				handle(connection.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	return &service{address: listener.Addr().String()}
}

// closed is the address of a port that nothing listens on.
func closed(t *testing.T) *service {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return &service{address: address}
}

// The ways to handle a connection. The client causes their errors.
func hear(c *net.TCPConn)         { _, _ = c.Read(make([]byte, 4096)) }
func hold(c *net.TCPConn)         { _, _ = io.Copy(io.Discard, c) }
func say(w io.Writer, s string)   { _, _ = io.WriteString(w, s) }
func resetAtClose(c *net.TCPConn) { _ = c.SetLinger(0) }

// noLeak fails the test if it leaves goroutines that were not there before.
func noLeak(t *testing.T) {
	t.Helper()
	before := gleak.Goroutines()
	t.Cleanup(func() {
		NewWithT(t).Eventually(gleak.Goroutines).WithTimeout(10 * time.Second).ShouldNot(gleak.HaveLeaked(before))
	})
}

func sample(t *testing.T, p probe.Probe) probe.Sample {
	t.Helper()
	s, err := p.Sample(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	return s
}
