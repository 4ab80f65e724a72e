package network

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
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
		return i.withoutBPF(can.bpf, injector.Rootless())
	}
	if err := i.enter(); err != nil {
		return err
	}
	return i.namespace.change(patience, func(all []tc.Link) error {
		links, err := i.plan(can, all)
		if err != nil {
			return err
		}
		i.attestation.Path = i.dataPath.name()
		if err := i.prepare(); err != nil {
			return err
		}
		for _, hook := range i.hooks(links) {
			if ctx.Err() != nil {
				return fmt.Errorf("inject %s: %w", i.fault, context.Cause(ctx))
			}
			if _, err := i.intercept(hook); err != nil {
				return err
			}
		}
		return i.begin()
	})
}

// withoutBPF is the error where no classifier can be loaded.
func (i *injection) withoutBPF(why error, rootless bool) error {
	if rootless {
		return &fault.UnsupportedError{
			What: i.fault.String(), Needs: "BPF classifiers, which a kernel gives to the host's root alone",
			Have: "the engine is rootless", Do: "use a rootful engine for the suites with faults on packets",
		}
	}
	return &fault.UnsupportedError{
		What: i.fault.String(), Needs: "BPF classifiers", Have: why.Error(),
		Do: "give the agent CAP_BPF or CAP_SYS_ADMIN on a rootful Docker, on Linux 5.4 or newer",
	}
}

// hooks lists the hooks of the fault on these links.
func (i *injection) hooks(links []tc.Link) []tc.Hook {
	var all []tc.Hook
	for _, direction := range tc.Directions {
		if !i.filter.Direction.Has(fault.Direction(direction)) {
			continue
		}
		for _, link := range links {
			all = append(all, tc.Hook{Link: link, Direction: direction})
		}
	}
	return all
}

// plan checks everything in advance. It changes nothing, except that it removes what a
// killed agent left behind.
func (i *injection) plan(can capabilities, all []tc.Link) ([]tc.Link, error) {
	links := i.namespace.chooseLinks(all)
	if len(links) == 0 {
		return nil, errors.New("find an interface: the target has none, except loopback, that is up and has an address: connect the container to a network")
	}
	if err := checkPeers(links, i.filter); err != nil {
		return nil, err
	}
	for _, l := range links {
		if err := i.checkIngress(l); err != nil {
			return nil, err
		}
	}
	for _, hook := range i.hooks(links) {
		if err := i.checkAhead(hook); err != nil {
			return nil, err
		}
	}
	if err := i.namespace.clash(i, i.filter); err != nil {
		return nil, err
	}
	if err := i.namespace.sweep(all); err != nil {
		return nil, err
	}
	var err error
	i.dataPath, err = i.choosePath(can, links)
	return links, err
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

// checkAhead refuses a hook where packets may end at something of others before they meet
// the fault.
func (i *injection) checkAhead(hook tc.Hook) error {
	ahead, err := i.namespace.kernel.Ahead(hook, "", i.fault.preference())
	if err != nil || len(ahead) == 0 {
		return err
	}
	return &fault.UnsupportedError{
		What:  "a network fault on " + hook.Link.Name,
		Needs: "to be the first that sees the packets",
		Have:  "what is not chaosgate's may end their way before: " + strings.Join(ahead, ", "),
		Do:    fmt.Sprintf("remove it, or give a filter a preference above %d, or actions that end with continue", holdPreference),
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
	if i.lease, err = classifier.NewLease(i.leaseEnd()); err != nil {
		return err
	}
	n.live[i.id] = i
	return i.journal.Before("take the fault off all links of "+i.target.Name, i.detach)
}
