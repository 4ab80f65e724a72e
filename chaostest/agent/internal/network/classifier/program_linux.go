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
	count, err := newMap("chaosgate_count", countersSize)
	if err != nil {
		return nil, err
	}
	p, err := load(r, l, count)
	if err != nil {
		return nil, errors.Join(err, count.Close())
	}
	return p, nil
}

// Reload loads another rule that goes on with the counters of this program. The caller
// closes both.
func (p *Program) Reload(r Rule, l *Lease) (*Program, error) {
	count, err := p.count.Clone()
	if err != nil {
		return nil, fmt.Errorf("share the counters of the BPF classifier: %w", err)
	}
	next, err := load(r, l, count)
	if err != nil {
		return nil, errors.Join(err, count.Close())
	}
	return next, nil
}

func load(r Rule, l *Lease, count *ebpf.Map) (*Program, error) {
	m := maps{lease: l.deadline.FD(), count: count.FD()}
	if len(r.About) > 0 {
		about, err := newMap(aboutName, uint32(len(r.About)))
		if err != nil {
			return nil, err
		}
		defer func() { _ = about.Close() }() // the program holds the map now
		if err := about.Put(uint32(0), r.About); err != nil {
			return nil, fmt.Errorf("write what the BPF classifier says about itself: %w", err)
		}
		m.about = about.FD()
	}
	loaded, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "chaosgate", Type: ebpf.SchedCLS, License: "Apache-2.0", Instructions: r.assemble(m),
	})
	if err != nil {
		return nil, fmt.Errorf("load the BPF classifier: %w", err)
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

// ID is the kernel's ID of the program.
func (p *Program) ID() (int, error) {
	info, err := p.Info()
	if err != nil {
		return 0, fmt.Errorf("read the BPF classifier back: %w", err)
	}
	id, known := info.ID()
	if !known {
		return 0, errors.New("read the BPF classifier back: the kernel gives no ID: this needs Linux 5.4")
	}
	return int(id), nil
}

// Close closes the program and its counters. A filter still holds the program.
func (p *Program) Close() error { return errors.Join(p.Program.Close(), p.count.Close()) }
