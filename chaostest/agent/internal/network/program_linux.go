package network

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
)

// The names of the maps. The sweeper knows an inert filter by the lease.
const (
	leaseName = "chaosgate_lease"
	countName = "chaosgate_count"
)

// newMap makes an array of one value.
func newMap(name string, size uint32) (*ebpf.Map, error) {
	if err := rlimit.RemoveMemlock(); err != nil { // counts before Linux 5.11
		return nil, fmt.Errorf("lift the limit on locked memory: %w", err)
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Name: name, Type: ebpf.Array, KeySize: 4, ValueSize: size, MaxEntries: 1})
	if err != nil {
		return nil, fmt.Errorf("create BPF map %s: %w", name, err)
	}
	return m, nil
}

// lease is the deadline that all programs of one injection share, in
// nanoseconds of CLOCK_MONOTONIC.
type lease struct{ values *ebpf.Map }

func newLease(until uint64) (lease, error) {
	values, err := newMap(leaseName, 8)
	if err != nil {
		return lease{}, err
	}
	l := lease{values}
	if err := l.renew(until); err != nil {
		return lease{}, errors.Join(err, values.Close())
	}
	return l, nil
}

func (l lease) renew(until uint64) error {
	if err := l.values.Put(uint32(0), until); err != nil {
		return fmt.Errorf("write the lease to its BPF map: %w", err)
	}
	return nil
}

func (l lease) until() (uint64, error) {
	var until uint64
	if err := l.values.Lookup(uint32(0), &until); err != nil {
		return 0, fmt.Errorf("read the lease from its BPF map: %w", err)
	}
	return until, nil
}

// program is a classifier in the kernel, and its counters.
type program struct {
	*ebpf.Program
	count *ebpf.Map
}

func load(k classifier, l lease) (*program, error) {
	count, err := newMap(countName, 24)
	if err != nil {
		return nil, err
	}
	k.lease, k.count = l.values.FD(), count.FD()
	loaded, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "chaosgate", Type: ebpf.SchedCLS, Instructions: k.assemble(), License: "Apache-2.0",
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("load the BPF classifier: %w", err), count.Close())
	}
	return &program{Program: loaded, count: count}, nil
}

func (p *program) counters() (counters, error) {
	var c counters
	if err := p.count.Lookup(uint32(0), &c); err != nil {
		return c, fmt.Errorf("read the counters of the BPF classifier: %w", err)
	}
	return c, nil
}

// Close gives up the program and its counters; a filter keeps its own hold.
func (p *program) Close() error { return errors.Join(p.Program.Close(), p.count.Close()) }
