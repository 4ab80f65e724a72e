package classifier

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"
)

// Program is a rule that is loaded into the kernel, with its counters.
type Program struct {
	*ebpf.Program
	count *ebpf.Map
}

// Load loads a rule into the kernel. Several programs may share a lease.
func Load(r Rule, l *Lease) (*Program, error) {
	count, err := newMap("chaosgate_count", 24)
	if err != nil {
		return nil, err
	}
	loaded, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "chaosgate", Type: ebpf.SchedCLS, License: "Apache-2.0",
		Instructions: r.assemble(l.deadline.FD(), count.FD()),
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("load the BPF classifier: %w", err), count.Close())
	}
	return &Program{Program: loaded, count: count}, nil
}

// Counters reads the program's counters.
func (p *Program) Counters() (Counters, error) {
	var c Counters
	if err := p.count.Lookup(uint32(0), &c); err != nil {
		return c, fmt.Errorf("read the counters of the BPF classifier: %w", err)
	}
	return c, nil
}

// ID is the kernel's ID of the program. Before Linux 4.13 there is none.
func (p *Program) ID() (id int, known bool, err error) {
	info, err := p.Info()
	if err != nil {
		return 0, false, fmt.Errorf("read the BPF classifier back: %w", err)
	}
	number, known := info.ID()
	return int(number), known, nil
}

// Close closes the program and its counters. A filter still holds the program.
func (p *Program) Close() error { return errors.Join(p.Program.Close(), p.count.Close()) }
