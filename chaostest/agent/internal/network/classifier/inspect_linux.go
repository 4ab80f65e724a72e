package classifier

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cilium/ebpf"
)

// Standing is what can be read of a program, also of another agent's.
type Standing struct {
	// Lapsed says that its lease is over, so that nobody holds it. A program without a lease
	// has not lapsed.
	Lapsed bool
	// Resting says that it touches no packet: its fault has not begun, or is being undone.
	Resting bool
	// About is the About of its rule. It is empty if the rule has none.
	About []byte
}

// Inspect reads a program at the time now. program is the kernel's ID of it. A program that
// is gone has lapsed.
func Inspect(program int, now uint64) (s Standing, err error) {
	p, err := ebpf.NewProgramFromID(ebpf.ProgramID(program))
	if errors.Is(err, fs.ErrNotExist) {
		return Standing{Lapsed: true}, nil
	}
	if err != nil {
		return s, fmt.Errorf("open BPF program %d: %w", program, err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	info, err := p.Info()
	if err != nil {
		return s, fmt.Errorf("read BPF program %d: %w", program, err)
	}
	ids, _ := info.MapIDs()
	for _, id := range ids {
		if err := s.read(id, now); err != nil {
			return s, fmt.Errorf("read the maps of BPF program %d: %w", program, err)
		}
	}
	return s, nil
}

// read reads one map of the program.
func (s *Standing) read(id ebpf.MapID, now uint64) (err error) {
	m, err := ebpf.NewMapFromID(id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	info, err := m.Info()
	if err != nil {
		return err
	}
	switch info.Name {
	case leaseName:
		var deadline uint64
		if err := m.Lookup(uint32(0), &deadline); err != nil {
			return err
		}
		s.Lapsed, s.Resting = deadline&^resting <= now, deadline&resting != 0
	case aboutName:
		return m.Lookup(uint32(0), &s.About)
	}
	return nil
}
