package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent"
	"github.com/chaosgate/chaosgate/chaostest/agent/wire"
	"github.com/chaosgate/chaosgate/chaostest/driver/docker"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// start starts an agent for the bench alone.
func start(ctx context.Context, t *bench, engine *docker.Driver) *agent.Client {
	conn, err := engine.Host().StartAgent(ctx, agent.Build)
	t.must(err)
	client, err := agent.Connect(ctx, conn)
	t.must(err)
	return client
}

func agentStart(ctx context.Context, t *bench, _ *scope.Scope, _ string) []row {
	engine, err := docker.New(ctx)
	t.must(err)
	defer func() { _ = engine.Close() }()
	t.must(start(ctx, t, engine).Close()) // builds the binary and the image
	var whole, checked, contained, greeted []time.Duration
	for range 20 {
		begin := time.Now()
		var check time.Duration
		conn, err := engine.Host().StartAgent(ctx, func(ctx context.Context, architecture string) (binary, digest string, err error) {
			begin := time.Now()
			binary, digest, err = agent.Build(ctx, architecture)
			check = time.Since(begin)
			return binary, digest, err
		})
		t.must(err)
		started := time.Since(begin)
		client, err := agent.Connect(ctx, conn)
		t.must(err)
		whole = append(whole, time.Since(begin))
		checked, contained, greeted = append(checked, check), append(contained, started-check), append(greeted, time.Since(begin)-started)
		t.must(client.Close())
	}
	return []row{
		times("agent start, image there", whole, "one helper container: 220 ms; once a suite"),
		times("  of that, to see that the program is up to date", checked, ""),
		times("  of that, to create and start its container", contained, ""),
		times("  of that, to greet it", greeted, ""),
	}
}

// params is the request for a fault on a service's container.
func params(t *bench, s *scope.Service, f fault.Fault, id string) wire.InjectParams {
	encoded, err := fault.Marshal(f)
	t.must(err)
	p := wire.InjectParams{ID: id, TargetID: s.ID(), TargetName: s.Name(), Fault: encoded}
	if filterable, ok := f.(fault.Filterable); ok {
		p.Filter.Direction = filterable.DefaultDirection()
	}
	return p
}

func injectAndRevert(ctx context.Context, t *bench, x *scope.Scope, image string) []row {
	engine, err := docker.New(ctx)
	t.must(err)
	defer func() { _ = engine.Close() }()
	client := start(ctx, t, engine)
	defer func() { t.must(client.Close()) }()
	s := x.Run(ctx, docker.Image(image))
	var rows []row
	for _, f := range []fault.Fault{fault.Delay(100 * time.Millisecond), fault.BlackHole(), fault.Pause(), fault.CPUBurn(0.1)} {
		var in, out []time.Duration
		for n := range 100 {
			p := params(t, s, f, fmt.Sprintf("bench-%s-%d", f.Kind(), n))
			begin := time.Now()
			_, err := client.Inject(ctx, p)
			t.must(err)
			in = append(in, time.Since(begin))
			begin = time.Now()
			_, err = client.Revert(ctx, p.ID)
			t.must(err)
			out = append(out, time.Since(begin))
		}
		rows = append(rows,
			times("inject, verified: "+f.String(), in, "pumba 302 / 453 ms, exec in a warm helper 71 / 96 ms"),
			times("revert, verified: "+f.String(), out, "pumba 300 / 498 ms"))
	}
	return rows
}

func manyAtOnce(ctx context.Context, t *bench, x *scope.Scope, image string) []row {
	const many = 20
	services := make([]*scope.Service, many)
	for n := range services {
		services[n] = x.Run(ctx, docker.Image(image))
	}
	engine, err := docker.New(ctx)
	t.must(err)
	defer func() { _ = engine.Close() }()
	client := start(ctx, t, engine)
	defer func() { t.must(client.Close()) }()
	var in, out []time.Duration
	for round := range 5 {
		all := make([]wire.InjectParams, many)
		for n, s := range services {
			all[n] = params(t, s, fault.Delay(100*time.Millisecond), fmt.Sprintf("many-%d-%d", round, n))
		}
		in = append(in, together(t, all, func(p wire.InjectParams) error {
			_, err := client.Inject(ctx, p)
			return err
		}))
		out = append(out, together(t, all, func(p wire.InjectParams) error {
			_, err := client.Revert(ctx, p.ID)
			return err
		}))
	}
	return []row{
		times(fmt.Sprintf("inject on %d containers at once", many), in, "pumba, one after the other: about 6 s"),
		times(fmt.Sprintf("revert on %d containers at once", many), out, ""),
	}
}

// together does the same for all at once, and returns how long that took.
func together(t *bench, all []wire.InjectParams, do func(wire.InjectParams) error) time.Duration {
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	begin := time.Now()
	for n, p := range all {
		wait.Go(func() { errs[n] = do(p) })
	}
	wait.Wait()
	took := time.Since(begin)
	for _, err := range errs {
		t.must(err)
	}
	return took
}
