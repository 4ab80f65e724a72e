package probe_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// client is a probe.Client whose agent answers what the test sets.
type client struct {
	service
	answer look.Answer
	fails  error
	slow   time.Duration // the way to the agent

	mu      sync.Mutex
	asked   []look.Request
	reached int
}

func (*client) Name() string { return "web" }

func (c *client) Reach(_ context.Context, other probe.Service, port string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reached++
	if other.Name() != "shop" || port != "8080/tcp" {
		return "", errors.New("web and " + other.Name() + " share no network")
	}
	return "10.0.0.2:8080", nil
}

func (c *client) Look(_ context.Context, r look.Request) (look.Answer, error) {
	time.Sleep(c.slow)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, r)
	return c.answer, c.fails
}

func TestAProbeLooksInAnothersPlace(t *testing.T) {
	g := NewWithT(t)
	c := &client{
		slow: 30 * time.Millisecond,
		answer: look.Answer{
			Class: look.OK, Detail: "503 Service Unavailable", Status: 503, Complete: true, Latency: 7 * time.Millisecond,
			Header: http.Header{"X-Time": {"1700000000"}}, Body: []byte("busy"),
			// The agent's machine has another clock.
			Sent: time.Unix(1, 0), HeadAt: time.Unix(2, 0), BodyAt: time.Unix(3, 0),
		},
	}
	shop := &service{}
	p := probe.HTTP(shop, "8080/tcp", "/price", probe.From(c), probe.Method("PUT"), probe.KeepAlive(), probe.ClockFrom(probe.HeaderField("X-Time")), probe.Timeout(time.Second))
	g.Expect(p.String()).To(Equal("PUT http://shop:8080/price from web"))
	before := time.Now()
	s := sample(t, p)
	g.Expect(s.Class).To(Equal(probe.Status5xx))
	g.Expect(s.Detail).To(Equal(`503 Service Unavailable "busy"`))
	g.Expect(s.Latency).To(Equal(7*time.Millisecond), "the way to the agent is no part of the latency")
	g.Expect(s.Way).To(Equal(record.FromClient("web")))
	g.Expect(s.Clock.Sent).To(BeTemporally("~", before, 20*time.Millisecond), "by this process's clock")
	g.Expect(s.Clock.Received.Sub(s.Clock.Sent)).To(BeNumerically(">=", c.slow))
	g.Expect(c.asked).To(Equal([]look.Request{{
		Address: "10.0.0.2:8080", Timeout: time.Second,
		HTTP: &look.HTTPRequest{Method: "PUT", Path: "/price", Header: http.Header{}, KeepAlive: true},
	}}))
	g.Expect(shop.asked).To(BeZero(), "the way of this process is not asked for")

	c.answer = look.Answer{Class: look.OK, Detail: "connected", Latency: time.Millisecond}
	tcp := probe.TCP(shop, "8080/tcp", probe.From(c))
	g.Expect(tcp.String()).To(Equal("tcp shop:8080 from web"))
	g.Expect(sample(t, tcp).Latency).To(Equal(time.Millisecond))
}

func TestAClientAsksAgainForTheAddressAfterAFailure(t *testing.T) {
	g := NewWithT(t)
	c := &client{answer: look.Answer{Class: look.Refused, Detail: "connection refused"}}
	p := probe.TCP(&service{}, "8080/tcp", probe.From(c))
	g.Expect(sample(t, p).Class).To(Equal(probe.Refused))
	g.Expect(c.reached).To(Equal(1))
	g.Eventually(func() int { sample(t, p); return c.reached }).WithTimeout(5 * time.Second).Should(Equal(2))
}

func TestAProbeThatCannotLookInAnothersPlaceSaysWhy(t *testing.T) {
	g := NewWithT(t)
	c := &client{fails: errors.New("the agent has ended")}
	_, err := probe.HTTP(&service{}, "8080/tcp", "/", probe.From(c)).Sample(t.Context())
	g.Expect(err).To(MatchError("probe GET http://shop:8080/ from web: the agent has ended"))
	_, err = probe.TCP(&service{}, "9090/tcp", probe.From(c)).Sample(t.Context())
	g.Expect(err).To(MatchError(ContainSubstring("find port 9090/tcp of shop: web and shop share no network")))
	for _, p := range []probe.Probe{probe.HTTP(&service{}, "8080/tcp", "/", probe.From(nil)), probe.TCP(&service{}, "8080/tcp", probe.From((*client)(nil)))} {
		g.Expect(p.String()).To(HaveSuffix(" from <nil>"))
		_, err = p.Sample(t.Context())
		g.Expect(err).To(MatchError(ContainSubstring("From: the service is nil")))
	}
}

func TestAPublishedPortCannotFeelANetworkFaultByTCP(t *testing.T) {
	g := NewWithT(t)
	svc := listen(t, hold)
	svc.way = record.Published
	g.Expect(sample(t, probe.TCP(svc, "8080/tcp")).Way).To(Equal(record.Published), "without a fault it says whether something listens")
	svc.fault = "black hole on shop"
	_, err := probe.TCP(svc, "8080/tcp").Sample(t.Context())
	g.Expect(err).To(MatchError(And(ContainSubstring("black hole on shop is live"), ContainSubstring("cannot feel it"), ContainSubstring("probe.From"))))
	svc.way = record.Direct
	g.Expect(sample(t, probe.TCP(svc, "8080/tcp")).Class).To(Equal(probe.OK), "the container's own address feels it")
}

func TestAWindowSaysWhichWayItsProbeTook(t *testing.T) {
	g := NewWithT(t)
	svc := serve(t, func(w http.ResponseWriter, _ *http.Request) { say(w, "hello") })
	svc.way = record.Direct
	w, err := probe.Run(t.Context(), probe.HTTP(svc, "8080/tcp", "/"), 200, 100*time.Millisecond)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(w.Record().Way).To(Equal(record.Direct))
	samples := w.Samples()
	samples[3].Way = record.Published
	mixed := probe.NewWindow("p", w.Start(), w.End(), samples)
	g.Expect(mixed.Record().Way).To(BeEmpty())
	g.Expect(strings.Contains(w.Probe(), "container's address")).To(BeFalse(), "the way is no part of the probe's name, by which runs are compared")
}

func TestADeadProxyIsNotTheServicesFailure(t *testing.T) {
	g := NewWithT(t)
	svc := closed(t)
	svc.way, svc.accepts = record.Published, true
	_, err := probe.HTTP(svc, "8080/tcp", "/").Sample(t.Context())
	g.Expect(err).To(MatchError(And(ContainSubstring("does not let connections through (refused)"), ContainSubstring("is the engine's proxy dead?"))))

	for name, change := range map[string]func(*service){
		"nothing listens in the container": func(s *service) { s.accepts = false },
		"a fault may be the reason":        func(s *service) { s.fault = "reject on shop" },
		"no proxy stands between":          func(s *service) { s.way = record.Direct },
		"the way is not known":             func(s *service) { s.way = "" },
	} {
		other := closed(t)
		other.way, other.accepts = record.Published, true
		change(other)
		g.Expect(sample(t, probe.HTTP(other, "8080/tcp", "/")).Class).To(Equal(probe.Refused), name)
	}

	// A load does not ask for every sample.
	busy := closed(t)
	busy.way = record.Published
	w, err := probe.Run(t.Context(), probe.TCP(busy, "8080/tcp"), 200, 200*time.Millisecond)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(w.Errors()).To(Equal(40))
	g.Expect(busy.checks).To(BeNumerically("<", 5))
}
