package server

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/handler"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Server serves one host.
type Server struct {
	handlers []injector.Handler
	find     func(containerID string) (pid int, err error)
	look     Look
	lease    time.Duration
	rpc      *jrpc2.Server

	mu         sync.Mutex
	until      uint64        // the end of the lease on CLOCK_MONOTONIC
	silence    time.Duration // the longest time between two renewals
	injections map[string]*injection
	targets    map[string]*sync.Mutex
}

// Look takes one look from the network namespace of a container.
type Look func(ctx context.Context, params wire.LookParams) (look.Answer, error)

// most bounds the requests that are answered at the same time. Filling memory takes
// seconds, and so does a look at a service that hangs; neither must delay renewals. So
// this is more than the highest rate of a load, times the longest usual timeout.
const most = 1 << 16

// New makes a server. Its faults live for lease after the host's last renewal. find
// returns the first process of a container.
func New(handlers []injector.Handler, find func(containerID string) (pid int, err error), look Look, lease time.Duration) *Server {
	return &Server{handlers: handlers, find: find, look: look, lease: lease, injections: map[string]*injection{}, targets: map[string]*sync.Mutex{}}
}

// Serve answers requests until in or ctx ends. Then it reverts all faults that are still
// live. The error says what could not be reverted.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.WriteCloser) error {
	s.until = injector.In(s.lease)
	s.rpc = jrpc2.NewServer(handler.Map{
		wire.MethodHello:    handler.New(s.hello),
		wire.MethodInject:   handler.New(s.inject),
		wire.MethodEvidence: handler.New(s.evidence),
		wire.MethodRevert:   handler.New(s.revert),
		wire.MethodFilter:   handler.New(s.filter),
		wire.MethodLook:     handler.New(s.answerLook),
	}, &jrpc2.ServerOptions{AllowPush: true, Concurrency: most})
	over := make(chan struct{})
	defer close(over)
	s.rpc.Start(s.receive(in, out, over))

	watching, stopWatching := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	watcher.Go(func() { s.watch(watching) })
	stop := context.AfterFunc(ctx, s.rpc.Stop)
	_ = s.rpc.Wait() // the input has ended, with or without an error
	stop()
	stopWatching()
	watcher.Wait()
	return s.revertAll()
}

func (s *Server) hello(context.Context) (wire.HelloResult, error) {
	s.extend()
	return wire.HelloResult{Protocol: wire.Protocol}, nil
}

func (s *Server) inject(ctx context.Context, params wire.InjectParams) (record.Attestation, error) {
	start := time.Now()
	requested, err := fault.Unmarshal(params.Fault)
	if err != nil {
		return record.Attestation{}, wire.Error(err)
	}
	handler, err := injector.Find(s.handlers, requested)
	if err != nil {
		return record.Attestation{}, wire.Error(err)
	}
	pid, err := s.find(params.TargetID)
	if err != nil {
		return record.Attestation{}, wire.Error(fmt.Errorf("inject %s on %s: %w", requested, params.TargetName, injector.OnRootless(requested, err)))
	}
	i, target, err := s.enter(ctx, params)
	if err != nil {
		return record.Attestation{}, wire.Error(err)
	}
	target.Lock()
	defer target.Unlock()
	attestation, err := i.apply(ctx, handler, injector.Request[fault.Fault]{
		ID:     params.ID,
		Target: injector.Target{ID: params.TargetID, Name: params.TargetName, PID: pid},
		Fault:  requested, Filter: params.Filter, Path: params.Path, ComeAndGo: params.ComeAndGo,
		Lease: s.leaseEnd,
	})
	if err != nil {
		return record.Attestation{}, wire.Error(err)
	}
	attestation.Took = time.Since(start)
	return attestation, nil
}

// enter registers an injection before anything is done for it. A revert that overtakes the
// injection then finds it.
func (s *Server) enter(ctx context.Context, params wire.InjectParams) (*injection, *sync.Mutex, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.injections[params.ID]; ok {
		return nil, nil, fmt.Errorf("inject %s: there is or was an injection with this ID", params.ID)
	}
	i := &injection{journal: injector.NewJournal(func(step string) error {
		return s.rpc.Notify(context.WithoutCancel(ctx), wire.NotifyJournal, wire.JournalStep{ID: params.ID, Step: step})
	})}
	s.injections[params.ID] = i
	if s.targets[params.TargetID] == nil {
		s.targets[params.TargetID] = &sync.Mutex{}
	}
	return i, s.targets[params.TargetID], nil
}

func (s *Server) evidence(_ context.Context, params wire.InjectionID) (record.Evidence, error) {
	s.mu.Lock()
	i := s.injections[params.ID]
	s.mu.Unlock()
	if i == nil {
		return record.Evidence{}, wire.Error(fmt.Errorf("evidence of injection %s: there is no such injection", params.ID))
	}
	return s.explain(i.evidence()), nil
}

func (s *Server) answerLook(ctx context.Context, params wire.LookParams) (look.Answer, error) {
	answer, err := s.look(ctx, params)
	if err != nil {
		return answer, wire.Error(err)
	}
	return answer, nil
}

func (s *Server) filter(_ context.Context, params wire.FilterParams) error {
	s.mu.Lock()
	i := s.injections[params.ID]
	s.mu.Unlock()
	if i == nil {
		return wire.Error(fmt.Errorf("replace the filter of injection %s: there is no such injection", params.ID))
	}
	if err := i.filter(params.Filter); err != nil {
		return wire.Error(fmt.Errorf("replace the filter of injection %s by %q: %w", params.ID, params.Filter, err))
	}
	return nil
}

func (s *Server) revert(_ context.Context, params wire.InjectionID) (wire.RevertResult, error) {
	s.mu.Lock()
	i := s.injections[params.ID]
	if i == nil {
		// The revert has overtaken its injection, which is over before it comes.
		s.injections[params.ID] = &injection{over: true}
	}
	s.mu.Unlock()
	if i == nil {
		return wire.RevertResult{}, nil
	}
	evidence, err := i.revert()
	result := wire.RevertResult{Evidence: s.explain(evidence)}
	if err != nil {
		result.Remaining = err.Error()
	}
	return result, nil
}
