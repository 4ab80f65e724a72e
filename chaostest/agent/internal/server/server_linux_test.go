package server_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/server"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// ledger is a fake injector. Its faults are entries in a list.
type ledger struct {
	entered chan struct{} // if not nil, Apply sends on it when it begins
	leave   chan struct{} // if not nil, Apply waits for it
	fail    error         // what Apply returns after its first step
	stuck   atomic.Bool   // while it is set, undo fails

	mu       sync.Mutex
	open     map[string]bool
	until    uint64
	pid      int  // the target of the last request
	moves    bool // its networks come and go
	verified int
	filter   fault.Filter
}

// find finds every container except "nowhere".
func (l *ledger) find(containerID string) (int, error) {
	if containerID == "nowhere" {
		return 0, errors.New("find container nowhere: no such cgroup")
	}
	return 7, nil
}

// look answers what it was asked, or waits until it is cancelled.
func (l *ledger) look(ctx context.Context, params wire.LookParams) (look.Answer, error) {
	if params.Request.Address == "nowhere" {
		<-ctx.Done()
		return look.Answer{}, ctx.Err()
	}
	return look.Answer{Class: look.OK, Detail: params.Request.Address + " from " + params.ClientName}, nil
}

func (l *ledger) Apply(ctx context.Context, request injector.Request[fault.PauseFault], journal *injector.Journal) (injector.Live, error) {
	if l.entered != nil {
		l.entered <- struct{}{}
		select {
		case <-l.leave:
		case <-ctx.Done():
		}
	}
	if err := journal.Before("strike out "+request.ID, func() error {
		if l.stuck.Load() {
			return errors.New("the ink is dry")
		}
		l.set(request.ID, false)
		return nil
	}); err != nil {
		return nil, err
	}
	l.set(request.ID, true)
	l.mu.Lock()
	l.pid, l.moves = request.Target.PID, request.ComeAndGo
	l.mu.Unlock()
	if l.fail != nil {
		return nil, l.fail
	}
	return &entry{ledger: l, id: request.ID}, nil
}

func (l *ledger) set(id string, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[string]bool{}
	}
	if open {
		l.open[id] = true
	} else {
		delete(l.open, id)
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

type entry struct {
	ledger *ledger
	id     string
}

func (l *entry) Attestation() record.Attestation { return record.Attestation{Path: "ledger"} }
func (l *entry) Evidence() record.Evidence       { return record.Evidence{Effective: true} }
func (l *entry) Prove() error                    { return nil }
func (l *entry) Renew(until uint64) error {
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	l.ledger.until = until
	return nil
}

func (l *entry) Verify() {
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	l.ledger.verified++
}

func (l *entry) Filter(filter fault.Filter) error {
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	l.ledger.filter = filter
	return nil
}

type conn struct{ net.Conn }

func (conn) Diagnostics() string { return "" }

// serve runs a server over a pipe. It returns the host's end of the pipe, and a channel
// with the result of Serve.
func serve(t *testing.T, book *ledger, lease time.Duration) (net.Conn, <-chan error) {
	t.Helper()
	return serveUntil(t, context.WithoutCancel(t.Context()), book, lease)
}

func serveUntil(t *testing.T, ctx context.Context, book *ledger, lease time.Duration) (net.Conn, <-chan error) { //nolint:revive // t comes first in a test's helper
	t.Helper()
	before := gleak.Goroutines()
	host, served := net.Pipe()
	done := make(chan error, 1)
	s := server.New([]injector.Handler{injector.Handle(book.Apply)}, book.find, book.look, lease)
	go func() { done <- s.Serve(ctx, served, served) }()
	t.Cleanup(func() {
		_ = host.Close() // a pipe's Close never fails
		_ = served.Close()
		NewWithT(t).Eventually(gleak.Goroutines).WithTimeout(5 * time.Second).ShouldNot(gleak.HaveLeaked(before))
	})
	return host, done
}

// connect connects a host to a server with a ledger. The connection ends with the test.
func connect(t *testing.T, lease time.Duration) (*ledger, *agent.Client) {
	t.Helper()
	g := NewWithT(t)
	book := &ledger{}
	host, _ := serve(t, book, lease)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(client.Close()).To(Succeed()) })
	return book, client
}

func pause(t *testing.T, id string) wire.InjectParams {
	t.Helper()
	encoded, err := fault.Marshal(fault.Pause())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return wire.InjectParams{ID: id, Fault: encoded, TargetID: "abc", TargetName: "db"}
}

func TestTheEndOfTheInputRevertsEverything(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	host, done := serve(t, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	for _, id := range []string{"1", "2"} {
		attestation, err := client.Inject(t.Context(), pause(t, id))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(attestation.Took).To(BeNumerically(">", 0))
	}
	g.Expect(book.count()).To(Equal(2))
	g.Expect(client.Close()).To(Succeed())
	g.Eventually(done).WithTimeout(10 * time.Second).Should(Receive(BeNil()))
	g.Expect(book.count()).To(BeZero())
}

func TestATermSignalRevertsEverything(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	ctx, signalled := context.WithCancel(t.Context())
	host, done := serveUntil(t, ctx, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).NotTo(HaveOccurred())
	signalled()
	g.Eventually(done).WithTimeout(10 * time.Second).Should(Receive(BeNil()))
	g.Expect(book.count()).To(BeZero())
	_ = client.Close() // the other end is closed
}

func TestTheFaultsOfASilentHostAreReverted(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	host, _ := serve(t, book, 300*time.Millisecond)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Consistently(book.count).WithTimeout(900*time.Millisecond).Should(Equal(1), "a host that renews keeps its fault")
	book.mu.Lock()
	g.Expect(book.until).To(BeNumerically(">", injector.Monotonic()))
	book.mu.Unlock()

	silent, _ := serve(t, book, 300*time.Millisecond)
	params := pause(t, "2")
	go func() { _, _ = io.Copy(io.Discard, silent) }()
	_, err = io.WriteString(silent, `{"jsonrpc":"2.0","id":1,"method":"inject","params":{"id":"2","targetID":"x","targetName":"x","filter":{},"fault":`+string(params.Fault)+"}}\n")
	g.Expect(err).NotTo(HaveOccurred())
	g.Eventually(book.count).WithTimeout(5 * time.Second).Should(Equal(2))
	g.Eventually(book.count).WithTimeout(5*time.Second).Should(Equal(1), "a host that falls silent loses its fault")

	evidence, err := client.Revert(t.Context(), "1")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(evidence.LeaseLapsed).To(BeFalse())
	g.Expect(client.Close()).To(Succeed())
}

func TestAnInjectionThatFailsHalfwayIsUndone(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{fail: errors.New("the pen broke")}
	host, _ := serve(t, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).To(MatchError("inject pause on db: the pen broke"))
	g.Expect(book.count()).To(BeZero())
	_, err = client.Revert(t.Context(), "1")
	g.Expect(err).NotTo(HaveOccurred(), "there is nothing left to revert")
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).To(MatchError(ContainSubstring("there is or was an injection with this ID")))
	g.Expect(client.Close()).To(Succeed())
}

func TestARevertThatFailsSaysSoAndIsTriedAgain(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	host, _ := serve(t, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).NotTo(HaveOccurred())
	book.stuck.Store(true)
	_, err = client.Revert(t.Context(), "1")
	g.Expect(err).To(MatchError(And(
		ContainSubstring("undo: strike out 1: the ink is dry"),
		ContainSubstring("these undo steps were recorded for it:\n  - strike out 1"))))
	book.stuck.Store(false)
	_, err = client.Revert(t.Context(), "1")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(book.count()).To(BeZero())
	g.Expect(client.Close()).To(Succeed())
}

func TestACancelledInjectionIsUndone(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{entered: make(chan struct{}), leave: make(chan struct{})}
	host, _ := serve(t, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	params := pause(t, "1")
	go func() {
		_, err := client.Inject(ctx, params)
		failed <- err
	}()
	<-book.entered
	cancel()
	g.Eventually(failed).Should(Receive(MatchError(context.Canceled)))
	_, err = client.Revert(t.Context(), "1")
	g.Expect(err).NotTo(HaveOccurred(), "the revert waits for the end of the injection")
	g.Expect(book.count()).To(BeZero())
	g.Expect(client.Close()).To(Succeed())
}

func TestARevertThatOvertakesItsInjectionWins(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	host, _ := serve(t, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Revert(t.Context(), "1")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).To(HaveOccurred())
	g.Expect(book.count()).To(BeZero())
	g.Expect(client.Close()).To(Succeed())
}

func TestTheTargetIsFoundByItsContainersID(t *testing.T) {
	g := NewWithT(t)
	book := &ledger{}
	host, _ := serve(t, book, time.Minute)
	client, err := agent.Connect(t.Context(), conn{host})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = client.Inject(t.Context(), pause(t, "1"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(book.pid).To(Equal(7))
	g.Expect(book.moves).To(BeFalse())

	moving := pause(t, "3")
	moving.ComeAndGo = true
	_, err = client.Inject(t.Context(), moving)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(book.moves).To(BeTrue())
	_, err = client.Revert(t.Context(), "3")
	g.Expect(err).NotTo(HaveOccurred())

	gone := pause(t, "2")
	gone.TargetID = "nowhere"
	_, err = client.Inject(t.Context(), gone)
	g.Expect(err).To(MatchError("inject pause on db: find container nowhere: no such cgroup"))
	g.Expect(book.count()).To(Equal(1))
	_, err = client.Revert(t.Context(), "2")
	g.Expect(err).NotTo(HaveOccurred(), "there is nothing to revert of an injection that was refused")
	g.Expect(client.Close()).To(Succeed())
}

// A service that hangs must not take the place of renewals.
func TestLooksThatHangDelayNoRenewal(t *testing.T) {
	g := NewWithT(t)
	book, client := connect(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	var hanging sync.WaitGroup
	defer hanging.Wait()
	defer cancel()
	for range 2000 {
		hanging.Go(func() {
			_, _ = client.Look(ctx, wire.LookParams{Request: look.Request{Address: "nowhere"}})
		})
	}
	answer, err := client.Look(t.Context(), wire.LookParams{ClientName: "shop", Request: look.Request{Address: "10.0.0.1:80"}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(answer.Detail).To(Equal("10.0.0.1:80 from shop"))
	_, err = client.Inject(t.Context(), pause(t, "a"))
	g.Expect(err).NotTo(HaveOccurred())
	renewed := func() uint64 {
		book.mu.Lock()
		defer book.mu.Unlock()
		return book.until
	}
	before := renewed()
	g.Eventually(renewed, "5s").Should(BeNumerically(">", before))
}
