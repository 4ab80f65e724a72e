package network

import (
	"errors"
	"fmt"
	"sync"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// strand is an injection's part on one link in one direction: a classifier, and
// the data path behind it if the fault has one.
type strand struct {
	link    Link
	way     fault.Direction
	carrier carrier  // nil for a black hole
	devices []string // that the data path has made

	mu      sync.Mutex
	program *program // nil before it is loaded and after it is removed
	final   counters // once it is removed
}

func (s *strand) counts() (counters, carried, error) {
	s.mu.Lock()
	c := s.final
	var err error
	if s.program != nil {
		c, err = s.program.counters()
	}
	s.mu.Unlock()
	if s.carrier == nil {
		return c, carried{}, err
	}
	p, wrong := s.carrier.carried()
	return c, p, errors.Join(err, wrong)
}

func (s *strand) remove() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.program == nil {
		return nil
	}
	c, err := s.program.counters()
	s.final = c
	err = errors.Join(err, s.program.Close())
	s.program = nil
	return err
}

// reserve writes down, first of a strand's steps and so undone last, how its
// classifier goes: a data path that ends lets out what it holds, which on ingress
// must still meet the classifier to have its mark taken off.
func (i *injection) reserve(s *strand) error {
	if err := i.holdClsact(s.link); err != nil {
		return err
	}
	name := filterName(i.request.ID, s.way)
	return i.beforeDoing(fmt.Sprintf("delete filter %s of %s", name, s.link.Name), func() error {
		if err := i.removeFilter(s.link, s.way, name); err != nil {
			return err
		}
		return s.remove()
	})
}

// attach hangs the strand's classifier on its link. It does nothing to packets
// until the lease begins.
func (i *injection) attach(s *strand, o outcome, own marks) error {
	header := int32(0)
	if s.link.Ethernet {
		header = 14
	}
	p, err := load(classifier{filter: i.request.Filter, way: s.way, header: header, marks: own, outcome: o}, i.lease)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.program = p
	s.mu.Unlock()
	preference := delayPreference
	if i.request.Fault.Kind() == fault.KindBlackHole {
		preference = blackHolePreference
	}
	name := filterName(i.request.ID, s.way)
	if err := i.addFilter(s.link, s.way, preference, name, p, o.actions); err != nil {
		return err
	}
	f, err := i.findFilter(s.link.Index, s.way, name)
	if err != nil {
		return err
	}
	info, err := p.Info()
	if err != nil {
		return fmt.Errorf("read the BPF classifier back: %w", err)
	}
	if id, ok := info.ID(); f == nil || ok && f.Id != int(id) {
		return fmt.Errorf("read filter %s of %s back: the kernel does not have it with the program that was loaded", name, s.link.Name)
	}
	i.read(describeFilter(s.link.Name, s.way, f))
	return nil
}

// read adds to what the kernel has read back.
func (i *injection) read(lines ...string) {
	i.attestation.Readback = append(i.attestation.Readback, lines...)
}

func (i *injection) note(format string, values ...any) {
	i.attestation.Notes = append(i.attestation.Notes, fmt.Sprintf(format, values...))
}
