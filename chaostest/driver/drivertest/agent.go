package drivertest

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/handler"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// FakeAgent speaks the agent's protocol and touches nothing. Its fields set its answers;
// set them before the first request.
type FakeAgent struct {
	// OnInject answers an injection. If it is nil, every injection is accepted.
	OnInject func(wire.InjectParams) (record.Attestation, error)
	// OnEvidence answers requests for evidence, and the revert. If it is nil, every
	// fault is effective.
	OnEvidence func(id string) record.Evidence
	// OnRevert returns what could not be undone; empty means that everything was.
	OnRevert func(id string) string
	// OnFilter returns why a filter cannot be replaced; empty means that it was.
	OnFilter func() string
	// Protocol is the protocol version that the agent announces.
	Protocol int

	mu       sync.Mutex
	injected []wire.InjectParams
	reverted []string
	filtered []wire.FilterParams
	renewed  int
	conns    []net.Conn
}

func newFakeAgent() *FakeAgent { return &FakeAgent{Protocol: wire.Protocol} }

// Injected are the requested injections, in order.
func (a *FakeAgent) Injected() []wire.InjectParams {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]wire.InjectParams(nil), a.injected...)
}

// Reverted are the IDs that were reverted, in order.
func (a *FakeAgent) Reverted() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.reverted...)
}

// Filtered are the filters that replaced others, in order.
func (a *FakeAgent) Filtered() []wire.FilterParams {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]wire.FilterParams(nil), a.filtered...)
}

// Renewed counts the renewals of the lease.
func (a *FakeAgent) Renewed() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.renewed
}

// Connected counts the connections that are open.
func (a *FakeAgent) Connected() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.conns)
}

// Die cuts all connections, as a killed container does.
func (a *FakeAgent) Die() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.conns {
		_ = c.Close() // a pipe's Close never fails
	}
	a.conns = nil
}

func (a *FakeAgent) connect() driver.AgentConn {
	host, agent := net.Pipe()
	a.mu.Lock()
	a.conns = append(a.conns, agent)
	a.mu.Unlock()
	jrpc2.NewServer(handler.Map{
		wire.MethodHello:    handler.New(a.hello),
		wire.MethodInject:   handler.New(a.inject),
		wire.MethodEvidence: handler.New(a.evidence),
		wire.MethodRevert:   handler.New(a.revert),
		wire.MethodFilter:   handler.New(a.filter),
		wire.MethodRenew:    handler.New(a.renew),
	}, nil).Start(channel.Line(agent, agent))
	return fakeConn{Conn: host}
}

func (a *FakeAgent) hello(context.Context) (wire.HelloResult, error) {
	return wire.HelloResult{Protocol: a.Protocol}, nil
}

func (a *FakeAgent) inject(_ context.Context, params wire.InjectParams) (record.Attestation, error) {
	a.mu.Lock()
	a.injected = append(a.injected, params)
	a.mu.Unlock()
	if a.OnInject == nil {
		return record.Attestation{Path: "fake", Readback: []string{"as asked"}}, nil
	}
	attestation, err := a.OnInject(params)
	if err != nil {
		return attestation, wire.Error(err)
	}
	return attestation, nil
}

func (a *FakeAgent) evidence(_ context.Context, params wire.InjectionID) (record.Evidence, error) {
	if a.OnEvidence == nil {
		return record.Evidence{Effective: true, Summary: "1 packet matched", Counts: []record.Count{{Name: "packets", Value: 1, Merge: record.Sum}}}, nil
	}
	return a.OnEvidence(params.ID), nil
}

func (a *FakeAgent) revert(ctx context.Context, params wire.InjectionID) (wire.RevertResult, error) {
	a.mu.Lock()
	a.reverted = append(a.reverted, params.ID)
	a.mu.Unlock()
	evidence, err := a.evidence(ctx, params)
	if err != nil {
		return wire.RevertResult{}, err
	}
	result := wire.RevertResult{Evidence: evidence}
	if a.OnRevert != nil {
		result.Remaining = a.OnRevert(params.ID)
	}
	return result, nil
}

func (a *FakeAgent) filter(_ context.Context, params wire.FilterParams) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.filtered = append(a.filtered, params)
	if a.OnFilter != nil {
		return wire.Error(errors.New(a.OnFilter()))
	}
	return nil
}

func (a *FakeAgent) renew(context.Context) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.renewed++
	return nil
}

type fakeConn struct{ net.Conn }

// Diagnostics is empty: a fake writes no diagnostics.
func (fakeConn) Diagnostics() string { return "" }
