package network

import (
	"context"
	"errors"
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// apply attaches the fault to every interface of the target that has an address, and reads
// it back from the kernel. Then it starts the fault on all of them at once.
func (i *injection) apply(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("inject %s: %w", i.fault, context.Cause(ctx))
	}
	can := kernelCapabilities(ctx)
	if can.bpf != nil {
		return &fault.UnsupportedError{
			What: i.fault.String(), Needs: "BPF classifiers", Have: can.bpf.Error(),
			Do: "give the agent CAP_BPF or CAP_SYS_ADMIN on a rootful Docker, on Linux 5.4 or newer",
		}
	}
	if err := i.enter(); err != nil {
		return err
	}
	i.namespace.mu.Lock()
	defer i.namespace.mu.Unlock()
	links, path, err := i.plan(can)
	if err != nil {
		return err
	}
	i.attestation.Path = path.name()
	if err := i.prepare(); err != nil {
		return err
	}
	for _, direction := range tc.Directions {
		if !i.filter.Direction.Has(fault.Direction(direction)) {
			continue
		}
		for _, link := range links {
			if ctx.Err() != nil {
				return fmt.Errorf("inject %s: %w", i.fault, context.Cause(ctx))
			}
			if err := i.intercept(tc.Hook{Link: link, Direction: direction}, path); err != nil {
				return err
			}
		}
	}
	return i.begin()
}

// plan checks everything in advance. It changes nothing, except that it removes what a
// killed agent left behind.
func (i *injection) plan(can capabilities) ([]tc.Link, dataPath, error) {
	all, err := i.namespace.kernel.Links()
	if err != nil {
		return nil, nil, err
	}
	links, err := chooseLinks(all, i.filter)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range links {
		if err := i.checkIngress(l); err != nil {
			return nil, nil, err
		}
	}
	if err := i.namespace.clash(i); err != nil {
		return nil, nil, err
	}
	if err := i.namespace.sweep(all); err != nil {
		return nil, nil, err
	}
	path, err := i.choosePath(can, links)
	return links, path, err
}

// checkIngress refuses a link that has an ingress qdisc, because clsact cannot be added
// beside it.
func (i *injection) checkIngress(link tc.Link) error {
	taken, err := i.namespace.kernel.HasIngressQdisc(link)
	if err != nil || !taken {
		return err
	}
	return &fault.UnsupportedError{
		What:  "a network fault on " + link.Name,
		Needs: "a clsact qdisc, or a place for one",
		Have:  "the link has an ingress qdisc that is not chaosgate's",
		Do:    "replace it: tc qdisc del dev " + link.Name + " ingress, then add clsact with the same filters",
	}
}

// prepare records the state before the first injection, and makes the lease.
func (i *injection) prepare() (err error) {
	n := i.namespace
	if len(n.live) == 0 {
		if n.before, err = n.kernel.Snapshot(); err != nil {
			return err
		}
	}
	n.live[i.id] = i
	i.lease, err = classifier.NewLease(i.leaseEnd())
	return err
}

// compare returns the differences from the state before the first injection. It leaves out
// what other live injections use.
func (i *injection) compare() error {
	n := i.namespace
	now, err := n.kernel.Snapshot()
	if err != nil {
		return err
	}
	var errs []error
	for _, difference := range tc.Differences(n.before, now, func(o tc.Object) bool {
		return o.IsClsact() && n.clsacts[o.Link] != nil || o.IsQdisc() && n.roots[o.Link] != nil
	}) {
		errs = append(errs, errors.New(difference))
	}
	for _, at := range i.interceptions {
		f, err := n.kernel.FindFilter(at.hook, at.name)
		if err != nil {
			return err
		}
		if f != nil {
			errs = append(errs, fmt.Errorf("filter %s of %s is still there", at.name, at.hook.Link.Name))
		}
		for _, name := range at.devices {
			there, err := n.kernel.HasDevice(name)
			if err != nil {
				return err
			}
			if shared := n.ifbs[at.hook.Link.Index] != nil && name == tc.IFBName(at.hook.Link); there && !shared {
				errs = append(errs, fmt.Errorf("device %s is still there", name))
			}
		}
	}
	return errors.Join(errs...)
}
