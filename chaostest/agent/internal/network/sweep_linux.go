package network

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

var ways = []fault.Direction{fault.Ingress, fault.Egress}

// sweep removes what an agent that was killed has left in the namespace: filters
// whose lease is over, and what only served those. What another agent still
// renews is left alone, and so is all that has not our names and handles.
func (s *shared) sweep(all []Link) error {
	for _, l := range all {
		if l.ours || l.Loopback {
			continue
		}
		if err := s.sweepLink(l); err != nil {
			return fmt.Errorf("sweep what an earlier agent left on %s: %w", l.Name, err)
		}
	}
	return nil
}

func (s *shared) sweepLink(l Link) error {
	inUse := map[fault.Direction]bool{}
	swept, foreign := 0, 0
	for _, way := range ways {
		filters, err := s.filters(l.Index, way)
		if err != nil {
			return err
		}
		for _, f := range filters {
			if !ours(f) {
				foreign++
				continue
			}
			b := f.(*netlink.BpfFilter)
			lapsed, err := inert(b)
			if err != nil {
				return err
			}
			if !lapsed || s.owns(b.Name) {
				inUse[way] = true
				continue
			}
			if err := s.FilterDel(b); err != nil && !gone(err) {
				return fmt.Errorf("delete filter %s: %w", b.Name, err)
			}
			swept++
		}
	}
	if swept > 0 && foreign == 0 && !inUse[fault.Egress] && !inUse[fault.Ingress] && s.clsacts[l.Index] == nil {
		if err := s.removeClsact(l.Index); err != nil {
			return err
		}
	}
	if !inUse[fault.Ingress] && s.ifbs[l.Index] == nil {
		if err := s.removeDevice(ifbName(l.Index)); err != nil {
			return err
		}
	}
	if inUse[fault.Egress] || s.roots[l.Index] != nil {
		return nil
	}
	q, _, err := s.rootOf(l.Index)
	if err != nil || q == nil || q.Attrs().Handle != netlink.MakeHandle(rootMajor, 0) {
		return err
	}
	if err := s.QdiscDel(root(l.Index)); err != nil && !gone(err) {
		return fmt.Errorf("delete qdisc htb: %w", err)
	}
	return nil
}

// owns says whether a filter belongs to a live injection of this agent.
func (s *shared) owns(name string) bool {
	for id := range s.live {
		if name == filterName(id, fault.Ingress) || name == filterName(id, fault.Egress) {
			return true
		}
	}
	return false
}

// inert says whether the lease in a filter's map is over.
func inert(f *netlink.BpfFilter) (_ bool, err error) {
	p, err := ebpf.NewProgramFromID(ebpf.ProgramID(f.Id))
	if err != nil {
		return false, fmt.Errorf("open the program of filter %s: %w", f.Name, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	info, err := p.Info()
	if err != nil {
		return false, fmt.Errorf("read the program of filter %s: %w", f.Name, err)
	}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		until, found, err := leaseOf(id)
		if err != nil {
			return false, fmt.Errorf("read the lease of filter %s: %w", f.Name, err)
		}
		if found {
			return until&^resting <= injector.Monotonic(), nil
		}
	}
	return false, nil // of another make: not known to be inert
}

func leaseOf(id ebpf.MapID) (_ uint64, found bool, err error) {
	m, err := ebpf.NewMapFromID(id)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	info, err := m.Info()
	if err != nil || info.Name != leaseName {
		return 0, false, err
	}
	until, err := lease{m}.until()
	return until, err == nil, err
}
