package classifier

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
)

// leaseName is the name of a lease's map. Lapsed finds the map by it.
const leaseName = "chaosgate_lease"

// Lease is the deadline that all programs of an injection share, in nanoseconds of
// CLOCK_MONOTONIC.
type Lease struct{ deadline *ebpf.Map }

// NewLease makes a lease that rests until the first Renew. Programs with a resting lease
// neither touch nor count packets.
func NewLease(until uint64) (*Lease, error) {
	deadline, err := newMap(leaseName, 8)
	if err != nil {
		return nil, err
	}
	l := &Lease{deadline}
	if err := l.Rest(until); err != nil {
		return nil, errors.Join(err, deadline.Close())
	}
	return l, nil
}

// Renew lets the programs run until the deadline.
func (l *Lease) Renew(until uint64) error { return l.put(until &^ resting) }

// Rest stops the programs at once. After the deadline, another agent may remove them.
func (l *Lease) Rest(until uint64) error { return l.put(until | resting) }

func (l *Lease) put(deadline uint64) error {
	if err := l.deadline.Put(uint32(0), deadline); err != nil {
		return fmt.Errorf("write the lease to its BPF map: %w", err)
	}
	return nil
}

// Close closes the lease. Loaded programs still hold its map.
func (l *Lease) Close() error { return l.deadline.Close() }

// newMap makes an array with one value.
func newMap(name string, size uint32) (*ebpf.Map, error) {
	if err := rlimit.RemoveMemlock(); err != nil { // the limit applies to maps before Linux 5.11
		return nil, fmt.Errorf("lift the limit on locked memory: %w", err)
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Name: name, Type: ebpf.Array, KeySize: 4, ValueSize: size, MaxEntries: 1})
	if err != nil {
		return nil, fmt.Errorf("create BPF map %s: %w", name, err)
	}
	return m, nil
}

// Lapsed reports whether the lease of a program is over at the time now. program is the
// kernel's ID of the program. A program without a lease has not lapsed.
func Lapsed(program int, now uint64) (_ bool, err error) {
	p, err := ebpf.NewProgramFromID(ebpf.ProgramID(program))
	if err != nil {
		return false, fmt.Errorf("open BPF program %d: %w", program, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	info, err := p.Info()
	if err != nil {
		return false, fmt.Errorf("read BPF program %d: %w", program, err)
	}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		deadline, found, err := deadlineIn(id)
		if err != nil {
			return false, fmt.Errorf("read the lease of BPF program %d: %w", program, err)
		}
		if found {
			return deadline&^resting <= now, nil
		}
	}
	return false, nil
}

// deadlineIn reads the deadline if the map belongs to a lease.
func deadlineIn(id ebpf.MapID) (deadline uint64, found bool, err error) {
	m, err := ebpf.NewMapFromID(id)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	info, err := m.Info()
	if err != nil || info.Name != leaseName {
		return 0, false, err
	}
	err = m.Lookup(uint32(0), &deadline)
	return deadline, err == nil, err
}
