package scope

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Inject applies a fault to its targets. It returns when the fault has been read back
// from the kernel and is live:
//
//	slow := s.Inject(ctx, fault.Delay(300*time.Millisecond), scope.On(db), scope.Between(shop))
//
// The fault is reverted when its owner ends, or earlier by Injection.Revert. The owner is
// the test, or in Ginkgo whatever the running node sets up: a spec, an Ordered container,
// or the suite. A mistake in
// the request fails the test before anything is touched.
func (s *Scope) Inject(ctx context.Context, f fault.Fault, on Targets, options ...InjectOption) *Injection {
	s.t.Helper()
	i, err := s.inject(ctx, f, on, options)
	if err != nil {
		s.injectFailure(err)
		return nil
	}
	return i
}

// TryInject is Inject, but returns the error and does not fail the test. For a fault
// that this machine cannot do, errors.Is(err, fault.ErrUnsupported) is true.
func (s *Scope) TryInject(ctx context.Context, f fault.Fault, on Targets, options ...InjectOption) (*Injection, error) {
	s.t.Helper()
	return s.inject(ctx, f, on, options)
}

func (s *Scope) inject(ctx context.Context, f fault.Fault, on Targets, options []InjectOption) (*Injection, error) {
	s.t.Helper()
	s.announce()
	p, err := newPlan(f, on, options)
	if err != nil {
		return nil, err
	}
	p.concernedBy(&s.history)
	i, err := s.prepare(ctx, f, p)
	if err != nil {
		return nil, err
	}
	if err := i.reachAgents(ctx); err != nil {
		return nil, err
	}
	// The revert is registered before the fault is injected, so that it is called
	// whatever happens from here on.
	s.t.Cleanup(s.thenLogs(i.atEnd)) //nolint:contextcheck // ctx has ended by then
	if err := i.follow(ctx); err != nil {
		return nil, err
	}
	i.start = time.Now()
	s.history.add(i)
	err = i.apply(ctx)
	if err != nil {
		i.heard.close()
		s.history.remove(i)
		err = i.explain(ctx, err)
	}
	if p.orSkip && errors.Is(err, fault.ErrUnsupported) {
		s.t.Skipf("%v", err)
	}
	if err != nil {
		return nil, err
	}
	i.hideProgress = s.showProgress(i)
	s.by(i.merged().Step(record.Injected))
	s.carryOne(i)
	s.emit(record.Event{Kind: record.Injected, ID: i.id, Text: i.String()})
	return i, nil
}

// prepare resolves the targets and the filter; nothing is touched.
func (s *Scope) prepare(ctx context.Context, f fault.Fault, p *plan) (*Injection, error) {
	encoded, err := fault.Marshal(f)
	if err != nil {
		return nil, err
	}
	i := &Injection{scope: s, of: s.member(), id: record.NewID("i"), owner: s.owner(), plan: p, hideProgress: func() {}}
	for n, service := range p.targets {
		state, err := service.State(ctx)
		switch {
		case err != nil:
			return nil, fmt.Errorf("inject %s: %w", f, err)
		case !state.Running:
			return nil, fmt.Errorf("inject %s: %w", f, &driver.NotRunningError{Name: service.Name(), State: state})
		case state.HostNetwork && isNetwork(f):
			return nil, fmt.Errorf("inject %s on %s: the container shares the host's network, so the fault would hit the whole machine: put it on a network", f, service.Name())
		}
		filter, err := p.resolve(ctx, state)
		if err != nil {
			return nil, fmt.Errorf("inject %s on %s: %w", f, service.Name(), err)
		}
		params := wire.InjectParams{
			ID: fmt.Sprintf("%s.%d", i.id, n), Fault: encoded, Filter: filter, Path: p.path, ComeAndGo: p.comeAndGo,
			TargetID: service.ID(), TargetName: service.Name(),
		}
		i.parts = append(i.parts, &part{service: service, params: params, rec: record.Injection{
			Schema: record.Schema, ID: i.id, Spec: s.t.Name(), Kind: string(f.Kind()), Fault: f.String(),
			Filter: filter.String(), Target: service.Name(), TargetID: service.ID(),
		}})
	}
	return i, nil
}

// reachAgents finds the agent of each target's host, and starts those that do not run.
// It asks all hosts at once.
func (i *Injection) reachAgents(ctx context.Context) error {
	errs := make([]error, len(i.parts))
	var wait sync.WaitGroup
	for n, p := range i.parts {
		wait.Go(func() { p.agent, errs[n] = shared.Agent(ctx, p.service.Host()) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func isNetwork(f fault.Fault) bool {
	_, ok := f.(fault.Filterable)
	return ok
}

// apply injects on all targets at once. If one refuses, the fault is undone on all.
func (i *Injection) apply(ctx context.Context) error {
	i.changing.Lock()
	defer i.changing.Unlock()
	errs := make([]error, len(i.parts))
	var wait sync.WaitGroup
	for n, p := range i.parts {
		wait.Go(func() {
			attestation, err := p.agent.Inject(ctx, p.params)
			errs[n] = err
			i.mu.Lock()
			defer i.mu.Unlock()
			p.rec.Start = time.Now()
			p.began = p.rec.Start
			p.rec.Attestation = attestation
			p.live = err == nil
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		undoCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupWithin)
		defer cancel()
		if undoErr := i.undo(undoCtx); undoErr != nil {
			i.scope.t.Errorf("%s", i.scope.noteToolFailure(undoErr.Error()))
		}
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.parts {
		p.applied = true
	}
	return nil
}

// explain asks whether a target has ended meanwhile. Then the failure is no failure of the
// tool.
func (i *Injection) explain(ctx context.Context, err error) error {
	for _, p := range i.parts {
		state, stateErr := p.service.State(ctx)
		if stateErr == nil && !state.Running {
			stateErr = &driver.NotRunningError{Name: p.service.Name(), State: state}
		}
		if _, down := errors.AsType[*driver.NotRunningError](stateErr); down {
			return fmt.Errorf("%w: %w", err, stateErr)
		}
	}
	return err
}
