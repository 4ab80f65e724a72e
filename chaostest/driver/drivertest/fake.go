// Package drivertest holds a fake driver, for tests of cases that real containers cannot
// produce, and the conformance suite that every driver passes.
package drivertest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Fake is a driver without containers. The test describes its targets, and the agents of
// its hosts are FakeAgents in this process.
type Fake struct {
	// Agent is the agent of the default host. A target without OnHost is there.
	Agent *FakeAgent

	mu      sync.Mutex
	targets map[string]*FakeTarget
	events  fakeEvents
}

var (
	_ driver.Driver = (*Fake)(nil)
	_ driver.Target = (*FakeTarget)(nil)
	_ driver.Host   = (*FakeHost)(nil)
)

// NewFake makes a driver with these targets.
func NewFake(targets ...*FakeTarget) *Fake {
	host := NewHost()
	f := &Fake{Agent: host.Agent, targets: map[string]*FakeTarget{}}
	for _, t := range targets {
		if t.OnHost == nil {
			t.OnHost = host
		}
		f.targets[t.TargetName] = t
	}
	return f
}

// Put adds a target, in the place of another one of its name.
func (f *Fake) Put(t *FakeTarget) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.targets[t.TargetName]; old != nil && t.OnHost == nil {
		t.OnHost = old.OnHost
	}
	f.targets[t.TargetName] = t
}

// Connect is what a scope connects with: it returns the fake itself.
func (f *Fake) Connect(context.Context) (driver.Driver, error) { return f, nil }

// Attach finds a target by its name or ID.
func (f *Fake) Attach(_ context.Context, ref string) (driver.Target, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.targets {
		if (t.TargetName == ref || t.ID() == ref) && !t.isGone() {
			return t, nil
		}
	}
	known := strings.Join(slices.Sorted(maps.Keys(f.targets)), ", ")
	return nil, fmt.Errorf("find container %s: %w: there are %s", ref, driver.ErrNotFound, known)
}

// FakeHost is a host without a machine. Its agent runs in this process.
type FakeHost struct {
	Agent *FakeAgent
	id    string
}

var hosts atomic.Int64

// NewHost makes a host whose ID no other host of this process has.
func NewHost() *FakeHost {
	return &FakeHost{Agent: newFakeAgent(), id: fmt.Sprintf("fake host %d", hosts.Add(1))}
}

// ID is unique in this process.
func (h *FakeHost) ID() string { return h.id }

// StartAgent connects to the fake agent; nothing is built.
func (h *FakeHost) StartAgent(context.Context, driver.AgentBuilder) (driver.AgentConn, error) {
	return h.Agent.connect(), nil
}

// FakeTarget is a target with a state that the test sets.
type FakeTarget struct {
	TargetName string
	// TargetID is the target's ID. If it is empty, the ID is made of the name.
	TargetID  string
	Endpoints map[string]string
	// OnHost is the target's host; if it is nil, NewFake sets the default host.
	OnHost *FakeHost
	// OnExec answers Exec; if it is nil, every command ends with 127, "not found".
	OnExec func(command ...string) (code int, output string)
	// OnLogs is called before the lines are read; if it returns an error, that is the answer.
	OnLogs func(ctx context.Context) error

	mu    sync.Mutex
	state driver.State
	lines []driver.LogLine
}

// NewTarget makes a target with a name and a state.
func NewTarget(name string, state driver.State) *FakeTarget {
	return &FakeTarget{TargetName: name, state: state}
}

// Recreate puts another container in the place of this one.
func (t *FakeTarget) Recreate(id string, state driver.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.TargetID, t.state = id, state
}

// Say adds a line to the target's log.
func (t *FakeTarget) Say(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, driver.LogLine{Time: time.Now(), Text: text})
}

// Become sets another state.
func (t *FakeTarget) Become(state driver.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state = state
}

func (t *FakeTarget) isGone() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state.Gone
}

// Name is the target's name.
func (t *FakeTarget) Name() string { return t.TargetName }

// ID is TargetID, or made of the name.
func (t *FakeTarget) ID() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(t.TargetID, "id-of-"+t.TargetName)
}

// Host is the host that the target is on.
func (t *FakeTarget) Host() driver.Host { return t.OnHost }

// State is the state that was set last.
func (t *FakeTarget) State(context.Context) (driver.State, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.Gone {
		return t.state, &driver.NotRunningError{Name: t.TargetName, State: t.state}
	}
	return t.state, nil
}

// Endpoint is the port's entry in Endpoints, as if it was published.
func (t *FakeTarget) Endpoint(ctx context.Context, port string) (string, record.Way, error) {
	if _, err := t.State(ctx); err != nil {
		return "", "", err
	}
	if endpoint, ok := t.Endpoints[port]; ok {
		return endpoint, record.Published, nil
	}
	return "", "", fmt.Errorf("endpoint of %s: port %s is not published", t.TargetName, port)
}

// Exec calls OnExec.
func (t *FakeTarget) Exec(ctx context.Context, command ...string) (int, string, error) {
	if _, err := t.State(ctx); err != nil {
		return 0, "", err
	}
	if t.OnExec == nil {
		return 127, "", nil
	}
	code, output := t.OnExec(command...)
	return code, output, nil
}

// Logs are the last lines that Say has added.
func (t *FakeTarget) Logs(ctx context.Context, since time.Time, most int) ([]driver.LogLine, error) {
	if t.OnLogs != nil {
		if err := t.OnLogs(ctx); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read the log of %s: %w", t.TargetName, context.Cause(ctx))
	}
	if _, err := t.State(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := slices.DeleteFunc(slices.Clone(t.lines), func(l driver.LogLine) bool { return l.Time.Before(since) })
	return lines[max(0, len(lines)-most):], nil
}
