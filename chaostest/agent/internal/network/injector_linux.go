package network

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Faults are the handlers of the faults that act on packets. They share what is
// in a network namespace, so they are made together.
func Faults() []injector.Handler {
	packets := New()
	return []injector.Handler{handle[fault.DelayFault](packets), handle[fault.BlackHoleFault](packets)}
}

func handle[F fault.Fault](packets *Injector) injector.Handler {
	return injector.Handle(func(ctx context.Context, r injector.Request[F], journal *injector.Journal) (injector.Live, error) {
		return packets.Apply(ctx, injector.Request[fault.Fault]{ID: r.ID, Target: r.Target, Fault: r.Fault, Filter: r.Filter, Path: r.Path, Lease: r.Lease}, journal)
	})
}

// Apply hangs the fault on every interface of the target that has an address,
// reads it back, and then lets it run everywhere at once.
func (r *Injector) Apply(ctx context.Context, request injector.Request[fault.Fault], journal *injector.Journal) (injector.Live, error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("inject %s: %w", request.Fault, context.Cause(ctx))
	}
	can := Probe(ctx)
	if can.BPF != nil {
		return nil, &fault.UnsupportedError{
			What: request.Fault.String(), Needs: "BPF classifiers", Have: can.BPF.Error(),
			Do: "give the agent CAP_BPF or CAP_SYS_ADMIN on a rootful Docker, on Linux 5.4 or newer",
		}
	}
	i := &injection{packets: r, request: request, journal: journal, target: -1}
	if err := i.enter(); err != nil {
		return nil, err
	}
	i.shared.mu.Lock()
	defer i.shared.mu.Unlock()
	links, err := i.plan(can)
	if err != nil {
		return nil, err
	}
	if err := i.prepare(); err != nil {
		return nil, err
	}
	for _, way := range ways {
		for _, link := range links {
			if !request.Filter.Direction.Has(way) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("inject %s: %w", request.Fault, context.Cause(ctx))
			}
			if err := i.apply(&strand{link: link, way: way}); err != nil {
				return nil, err
			}
		}
	}
	return i, i.begin()
}

// plan checks everything that can be checked. It touches nothing but what an
// agent that was killed has left.
func (i *injection) plan(can Capabilities) ([]Link, error) {
	all, err := i.inspect()
	if err != nil {
		return nil, err
	}
	links, err := choose(all, i.request.Filter)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if err := i.checkHook(l); err != nil {
			return nil, err
		}
	}
	if err := i.clash(i); err != nil {
		return nil, err
	}
	if err := i.sweep(all); err != nil {
		return nil, err
	}
	return links, i.choosePath(can, links)
}

// prepare takes down the state before, and makes the lease.
func (i *injection) prepare() (err error) {
	if len(i.live) == 0 {
		if i.shared.before, err = i.snapshot(); err != nil {
			return err
		}
	}
	i.live[i.request.ID] = i
	i.lease, err = newLease(i.request.Lease() | resting)
	return err
}

// apply does the fault on one link in one direction.
func (i *injection) apply(s *strand) error {
	i.strands = append(i.strands, s)
	if err := i.reserve(s); err != nil {
		return err
	}
	delay, ok := i.request.Fault.(fault.DelayFault)
	switch {
	case !ok:
		return i.attach(s, lose(s.way), marks{})
	case i.attestation.Path == string(fault.NetemPath):
		return i.applyNetem(s, delay)
	}
	return i.applyUserSpace(s, delay)
}

// seed is the seed of the strand that was added last: each has its own, counted
// up from the injection's, so that two of them do not draw the same jitter.
func (i *injection) seed(d fault.DelayFault) uint64 {
	if d.Jitter == 0 {
		return 0
	}
	if i.attestation.Seed == 0 {
		if i.attestation.Seed = d.Seed; d.Seed == 0 {
			i.attestation.Seed = 1 + rand.Uint64N(1<<63)
		}
	}
	return i.attestation.Seed + uint64(len(i.strands)-1)
}
