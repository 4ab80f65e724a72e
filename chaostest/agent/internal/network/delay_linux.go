package network

import (
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// applyNetem delays with the kernel's netem: on the link itself, or on an IFB
// through which what comes in is sent.
func (i *injection) applyNetem(s *strand, d fault.DelayFault) error {
	device := s.link
	if s.way == fault.Ingress {
		var err error
		s.devices = []string{ifbName(s.link.Index)}
		if device, err = i.holdIFB(s.link); err != nil {
			return err
		}
	}
	asked := netem{delay: d.Delay, jitter: d.Jitter, limit: netemLimit, seed: i.seed(d)}
	x, err := i.holdClass(device, asked)
	if err != nil {
		return err
	}
	lines, seeded, err := x.readback()
	if err != nil {
		return err
	}
	s.carrier = x
	i.read(lines...)
	if d.Jitter > 0 && !seeded && len(i.strands) == 1 {
		i.note("this kernel's netem takes no seed (Linux 6.6 does): the jitter is not repeatable")
	}
	if s.way == fault.Ingress {
		return i.attach(s, toClassOf(device.Index, classID(x.minor)), marks{})
	}
	return i.attach(s, toClass(classID(x.minor)), marks{})
}

// held is a user-space path as a carrier.
type held struct{ *userspace.Path }

func (h held) carried() (carried, error) {
	s := h.Stats()
	return carried{sent: s.Sent, held: s.Held, lost: s.Lost}, nil
}

// applyUserSpace delays in the agent, behind a TAP.
func (i *injection) applyUserSpace(s *strand, d fault.DelayFault) error {
	var path *userspace.Path
	var own uint32
	err := i.beforeDoing(fmt.Sprintf("close the user-space path for %s of %s", s.way, s.link.Name), func() error {
		delete(i.marks, own)
		if path == nil {
			return nil
		}
		return path.Close()
	})
	if err != nil {
		return err
	}
	if s.way == fault.Ingress {
		if own, err = i.mark(); err != nil {
			return err
		}
	}
	path, err = userspace.Open(userspace.Config{
		PID: i.request.Target.PID, Link: s.link.Name, LinkIndex: s.link.Index, Direction: s.way,
		Delay: d.Delay, Jitter: d.Jitter, Seed: i.seed(d), Mark: own,
	})
	if err != nil {
		return err
	}
	s.carrier = held{path}
	s.devices = []string{path.Name()}
	i.read(fmt.Sprintf("%s %s: TAP %s, index %d, %s in user space", s.link.Name, s.way, path.Name(), path.Index(), d))
	return i.attach(s, toDevice(path.Index()), marks{own: own})
}
