package classifier

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/rlimit"
)

// The names of the maps that other agents read. Inspect finds the maps by them.
const (
	leaseName = "chaosgate_lease"
	aboutName = "chaosgate_about"
)

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

// removeMemlock is rlimit.RemoveMemlock, unless a test says otherwise.
var removeMemlock = rlimit.RemoveMemlock

// newMap makes an array with one value.
func newMap(name string, size uint32) (*ebpf.Map, error) {
	// Before Linux 5.11 maps count as locked memory. Without CAP_SYS_RESOURCE the limit
	// stays, which is enough for these small maps. If it is not, making the map fails.
	_ = removeMemlock()
	m, err := ebpf.NewMap(&ebpf.MapSpec{Name: name, Type: ebpf.Array, KeySize: 4, ValueSize: size, MaxEntries: 1})
	if err != nil {
		return nil, fmt.Errorf("create BPF map %s: %w", name, err)
	}
	return m, nil
}
