package prober_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/networktest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/prober"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// network is a client and a server that only the two can reach.
type network struct {
	server *networktest.Host
	prober *prober.Prober
}

func newNetwork(t *testing.T) network {
	t.Helper()
	networktest.NeedRoot(t)
	client, server := networktest.NewHost(t), networktest.NewHost(t)
	client.Lay("eth0", server)
	client.Address("eth0", "10.88.0.1/24", "fd88::1/64")
	server.Address("eth0", "10.88.0.2/24", "fd88::2/64")
	p := prober.New(func(id string) (int, error) {
		if id != "client" {
			return 0, errors.New("find container " + id + ": no such cgroup")
		}
		return client.PID(), nil
	})
	t.Cleanup(p.Close)
	return network{server, p}
}

func (n network) look(ctx context.Context, at string, timeout time.Duration, request *look.HTTPRequest) (look.Answer, error) {
	return n.prober.Look(ctx, wire.LookParams{
		ClientID: "client", ClientName: "shop", Request: look.Request{Address: at, Timeout: timeout, HTTP: request},
	})
}

// serve answers HTTP requests on the server's addresses.
func (n network) serve(t *testing.T, handler http.HandlerFunc) {
	t.Helper()
	var listener net.Listener
	NewWithT(t).Expect(n.server.Inside(func() (err error) {
		listener, err = net.Listen("tcp", ":80")
		return err
	})).To(Succeed())
	server := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
}

func TestALookComesFromTheClientsNetwork(t *testing.T) {
	g := NewWithT(t)
	n := newNetwork(t)
	n.serve(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("X-From", r.RemoteAddr)
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(r.Method + " " + r.Host + r.URL.Path + " " + r.Header.Get("X-Asked")))
	})
	for _, at := range []string{"10.88.0.2:80", "[fd88::2]:80"} {
		for _, keepAlive := range []bool{false, true, true} {
			a, err := n.look(t.Context(), at, 5*time.Second, &look.HTTPRequest{
				Method: "PUT", Path: "/stock", Header: http.Header{"Host": {"db"}, "X-Asked": {"once"}}, KeepAlive: keepAlive,
			})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(a.Class).To(Equal(look.OK))
			g.Expect(a.Status).To(Equal(http.StatusTeapot))
			g.Expect(string(a.Body)).To(Equal("PUT db/stock once"))
			g.Expect(a.Header.Get("X-From")).To(Or(HavePrefix("10.88.0.1:"), HavePrefix("[fd88::1]:")))
			g.Expect(a.Latency).To(And(BeNumerically(">=", 20*time.Millisecond), BeNumerically("<", 5*time.Second)))
		}
		a, err := n.look(t.Context(), at, 5*time.Second, nil)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(a.Class).To(Equal(look.OK), "a TCP connection")
		g.Expect(a.Latency).To(BeNumerically("<", look.Settle))
	}
}

func TestALookSeesWhatAClientSees(t *testing.T) {
	g := NewWithT(t)
	n := newNetwork(t)
	refused, err := n.look(t.Context(), "10.88.0.2:81", 5*time.Second, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(refused.Class).To(Equal(look.Refused))

	unreachable, err := n.look(t.Context(), "10.99.0.1:80", 5*time.Second, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(unreachable.Class).To(Equal(look.Unreachable), "the client has no route there, whatever this machine has")

	// Nobody answers for this address, so the connection hangs.
	began := time.Now()
	silent, err := n.look(t.Context(), "10.88.0.77:80", 300*time.Millisecond, nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(silent.Class).To(Equal(look.TimedOut))
	g.Expect(time.Since(began)).To(BeNumerically("<", 2*time.Second))

	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = n.look(ctx, "10.88.0.77:80", time.Minute, nil)
	g.Expect(err).To(MatchError(context.DeadlineExceeded), "when the caller gives up, that is nothing about the service")
}

func TestALookThatCannotBeTakenIsAnError(t *testing.T) {
	g := NewWithT(t)
	n := newNetwork(t)
	_, err := n.prober.Look(t.Context(), wire.LookParams{ClientID: "gone", ClientName: "shop", Request: look.Request{Address: "10.88.0.2:80", Timeout: time.Second}})
	g.Expect(err).To(MatchError("look at 10.88.0.2:80 from shop: find container gone: no such cgroup"))
	_, err = n.look(t.Context(), "db:80", time.Second, nil)
	g.Expect(err).To(MatchError(ContainSubstring(`connect to "db:80"`)))

	var before syscall.Rlimit
	g.Expect(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before)).To(Succeed())
	few := before
	few.Cur = 0
	g.Expect(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few)).To(Succeed())
	_, err = n.look(t.Context(), "10.88.0.2:80", time.Second, nil)
	g.Expect(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)).To(Succeed())
	g.Expect(err).To(MatchError(syscall.EMFILE), "no descriptors are left: the service is not to blame")
}

// A socket that hangs holds no thread.
func TestManyLooksHangAtOnce(t *testing.T) {
	g := NewWithT(t)
	n := newNetwork(t)
	const many = 500
	done := make(chan look.Answer, many)
	for range many {
		go func() {
			a, err := n.look(t.Context(), "10.88.0.77:80", 2*time.Second, nil)
			if err != nil {
				a.Detail = err.Error()
			}
			done <- a
		}()
	}
	for range many {
		a := <-done
		g.Expect(a.Class).To(Or(Equal(look.TimedOut), Equal(look.Unreachable)), a.Detail)
	}
}
