// Package agent is the host's side of the agent, the program that runs beside the
// containers and injects faults into them. It holds the client, which renews the agent's
// lease, and builds the agent's program.
package agent

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/probe/look"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Conn is the agent's standard input and output.
type Conn interface {
	io.ReadWriteCloser
	// Diagnostics is the last part of the agent's standard error.
	Diagnostics() string
}

// Client is the host's end of one agent. It renews the lease of all the agent's faults
// until it is closed. Its methods may be called from several goroutines.
type Client struct {
	rpc  *jrpc2.Client
	conn Conn

	stop    context.CancelFunc
	stopped chan struct{}

	mu      sync.Mutex
	journal map[string][]string
}

// Connect greets the agent behind conn and starts to renew its lease. From then on the
// client is responsible for closing conn.
func Connect(ctx context.Context, conn Conn) (*Client, error) {
	c := &Client{conn: conn, stopped: make(chan struct{}), journal: map[string][]string{}}
	c.rpc = jrpc2.NewClient(journaling{Channel: channel.Line(conn, conn), write: c.recordStep}, nil)
	var hello wire.HelloResult
	if err := c.call(ctx, wire.MethodHello, nil, &hello); err != nil {
		_ = c.rpc.Close()
		return nil, fmt.Errorf("greet the agent: %w", err)
	}
	if hello.Protocol != wire.Protocol {
		_ = c.rpc.Close()
		return nil, fmt.Errorf("greet the agent: it speaks protocol %d, this library %d: use an agent of the library's version (unset CHAOSGATE_AGENT_IMAGE to have it built)", hello.Protocol, wire.Protocol)
	}
	var renewing context.Context
	renewing, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	go c.renew(renewing)
	return c, nil
}

// Close stops renewing the lease and ends the agent. The agent then reverts all faults
// that are still live.
func (c *Client) Close() error {
	c.stop()
	<-c.stopped
	return c.rpc.Close()
}

// Inject applies one fault to one target. It returns what the agent read back from the
// kernel. After an error, nothing of the fault remains.
func (c *Client) Inject(ctx context.Context, params wire.InjectParams) (record.Attestation, error) {
	var attestation record.Attestation
	err := c.call(ctx, wire.MethodInject, params, &attestation)
	return attestation, err
}

// Evidence asks what the injection has touched until now.
func (c *Client) Evidence(ctx context.Context, id string) (record.Evidence, error) {
	var evidence record.Evidence
	err := c.call(ctx, wire.MethodEvidence, wire.InjectionID{ID: id}, &evidence)
	return evidence, err
}

// Filter replaces the filter of a live injection on packets, because a peer has another
// address now.
func (c *Client) Filter(ctx context.Context, id string, filter fault.Filter) error {
	return c.call(ctx, wire.MethodFilter, wire.FilterParams{ID: id, Filter: filter}, nil)
}

// Look takes one look from the network namespace of a container.
func (c *Client) Look(ctx context.Context, params wire.LookParams) (look.Answer, error) {
	var answer look.Answer
	err := c.call(ctx, wire.MethodLook, params, &answer)
	return answer, err
}

// Revert undoes the injection and returns the final evidence. An error says what could
// not be undone, or what is not proved to be undone. It is no error to revert twice, or to
// revert an injection that was refused.
func (c *Client) Revert(ctx context.Context, id string) (record.Evidence, error) {
	var result wire.RevertResult
	if err := c.call(ctx, wire.MethodRevert, wire.InjectionID{ID: id}, &result); err != nil {
		return record.Evidence{LeaseLapsed: true}, fmt.Errorf("revert: %w%s", err, c.undoSteps(id))
	}
	if result.Remaining != "" {
		return result.Evidence, fmt.Errorf("revert: %s%s", result.Remaining, c.undoSteps(id))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.journal, id)
	return result.Evidence, nil
}

// undoSteps lists the steps in the agent's journal, for a person who must now undo them
// by hand.
func (c *Client) undoSteps(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.journal[id]) == 0 {
		return ""
	}
	return "\nthe fault itself ends with its lease; these undo steps were recorded for it:\n  - " + strings.Join(c.journal[id], "\n  - ")
}

func (c *Client) recordStep(step wire.JournalStep) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.journal[step.ID] = append(c.journal[step.ID], step.Step)
}

// renew tells the agent regularly that its host is alive. It has a thread of its own with
// the highest priority that this process may take, because a busy machine must not end a
// fault. It waits for no answer.
func (c *Client) renew(ctx context.Context) {
	defer close(c.stopped)
	runtime.LockOSThread() // for good, so that the thread ends with this goroutine
	raisePriority()
	tick := time.NewTicker(wire.RenewEvery)
	defer tick.Stop()
	for {
		if err := c.rpc.Notify(ctx, wire.MethodRenew, nil); err != nil && !c.Alive() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Alive reports whether the connection to the agent stands.
func (c *Client) Alive() bool { return !c.rpc.IsStopped() }

func (c *Client) call(ctx context.Context, method string, params, result any) error {
	response, err := c.rpc.Call(ctx, method, params)
	if err != nil {
		return c.explain(ctx, err)
	}
	if result == nil {
		return nil
	}
	if err := response.UnmarshalResult(result); err != nil {
		return fmt.Errorf("read the agent's answer to %s: %w", method, err)
	}
	return nil
}
