package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/record"
)

// server is a Service at an address.
type server string

func (server) Name() string { return "shop" }
func (s server) Endpoint(context.Context, string) (string, record.Way, error) {
	return string(s), record.Direct, nil
}
func (server) Exec(context.Context, ...string) (int, string, error) { return 0, "", nil }

// Who asks for more than the machine can do is told so, and how much it can do.
func TestARateThatTheMachineCannotHoldIsRefusedBeforeTheLoad(t *testing.T) {
	g := NewWithT(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = listener.Close() }()
	p := HTTP(server(listener.Addr().String()), "80/tcp", "/")

	reached, late, err := trial(t.Context(), 200, true)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(late.n).To(Equal(60), "300 ms at 200/s")
	g.Expect(reached).To(BeNumerically(">", 0))

	began := time.Now()
	g.Expect(checkRate(t.Context(), []Probe{p}, alwaysHeld)).To(Succeed())
	g.Expect(time.Since(began)).To(BeNumerically("<", trialTime), "a usual rate is not tried")

	const impossible = Rate(200_000) // 60,000 connections in 300 ms
	err = checkRate(t.Context(), []Probe{p}, impossible)
	g.Expect(err).To(HaveOccurred())
	g.Expect(err.Error()).To(And(ContainSubstring("this machine reaches about"), ContainSubstring("looks a second")))
	g.Expect(capacity.held[false]).To(BeNumerically("<", impossible))

	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the spec is over"))
	g.Expect(checkRate(ended, []Probe{p}, impossible)).To(MatchError("the spec is over"))
}

func TestARateThatWasHeldIsNotTriedAgain(t *testing.T) {
	g := NewWithT(t)
	capacity.mu.Lock()
	capacity.held = map[bool]Rate{true: 9000}
	capacity.mu.Unlock()
	began := time.Now()
	p := HTTP(server("127.0.0.1:1"), "80/tcp", "/", KeepAlive())
	g.Expect(checkRate(t.Context(), []Probe{p, p}, 9000)).To(Succeed())
	g.Expect(time.Since(began)).To(BeNumerically("<", trialTime))
	g.Expect(checkRate(t.Context(), []Probe{Exec(server(""), "true")}, 1e6)).To(Succeed(), "commands do not use this process's sockets")
	g.Expect(checkRate(t.Context(), []Probe{TCP(server(""), "80/tcp", From(fromServer{}))}, 1e6)).To(Succeed(), "the agent looks, on its machine")
}

type fromServer struct{ Client }

func (fromServer) Name() string { return "web" }

func TestLateSamplesAreTheGeneratorsFault(t *testing.T) {
	g := NewWithT(t)
	for _, c := range []struct {
		n, late int
		early   bool // the load is given up before its end
		fails   bool
	}{
		{n: 250, late: 0},
		{n: 20, late: 3},
		{n: 20, late: 4, fails: true},
		{n: 250, late: 12},
		{n: 250, late: 13, early: true, fails: true},
		{n: 199, late: 100, fails: true},
	} {
		l := lateness{after: lateAfter}
		for i := range c.n {
			s := Sample{Lag: lateAfter}
			if i < c.late {
				s.Lag = 1500 * time.Millisecond
			}
			l.add(&s)
		}
		name := fmt.Sprintf("%d of %d", c.late, c.n)
		g.Expect(l.early() != nil).To(Equal(c.early), name)
		g.Expect(l.check() != nil).To(Equal(c.fails), name)
		if c.fails {
			g.Expect(l.check()).To(MatchError(And(
				ContainSubstring("this machine is overloaded"), ContainSubstring("started more than 500ms late, at worst 1.5s"), ContainSubstring("the service was not measured"),
			)))
		}
	}
}

// slow is a probe of a process that got no processor time.
type slow struct{}

func (slow) String() string { return "slow" }
func (slow) Sample(context.Context) (Sample, error) {
	return Sample{Class: Refused, Time: time.Now()}, nil
}

func TestALoadWhoseGeneratorWasLateFails(t *testing.T) {
	g := NewWithT(t)
	// The load begins as if two seconds of it were over.
	r := newRun(nil)
	l := &loading{
		run: r, schedule: schedule{probes: []Probe{slow{}}, start: time.Now().Add(-2 * time.Second), rate: 200, looks: 1000}, name: "slow", d: 5 * time.Second,
		add: func([]Sample, time.Time) {}, end: func(time.Time) {},
	}
	l.begin(t.Context())
	<-l.done
	g.Expect(l.err).To(MatchError(And(ContainSubstring("load slow at 200/s for 5s: stopped after"), ContainSubstring("this machine is overloaded"))))
	g.Expect(time.Since(l.start)).To(BeNumerically("<", 5*time.Second), "it is given up early")
}

func TestTheTrialsServerSpeaksHTTP(t *testing.T) {
	g := NewWithT(t)
	for _, keepAlive := range []bool{false, true} {
		_, late, err := trial(t.Context(), 50, keepAlive)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(late.n).To(Equal(15))
	}
}
