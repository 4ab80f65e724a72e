package network

import (
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// pathBPF is the path of faults that the classifier does by itself.
const pathBPF = "bpf"

// obstacle is why a data path cannot be taken here.
type obstacle struct{ needs, have, do string }

// choosePath decides how packets are held back. It touches nothing.
func (i *injection) choosePath(can Capabilities, links []Link) error {
	what := i.request.Fault.String()
	delay, ok := i.request.Fault.(fault.DelayFault)
	if !ok {
		i.attestation.Path = pathBPF
		return nil
	}
	inKernel, err := i.netemObstacle(can, delay, links)
	if err != nil {
		return err
	}
	inUserSpace := userSpaceObstacle(can, links)
	path := i.request.Path
	if path == fault.AutoPath {
		if path = fault.NetemPath; inKernel != nil {
			path = fault.UserSpacePath
		}
	}
	i.attestation.Path = string(path)
	switch {
	case path == fault.NetemPath && inKernel == nil:
		return nil
	case path == fault.NetemPath:
		return &fault.UnsupportedError{What: what + " on the netem path", Needs: inKernel.needs, Have: inKernel.have, Do: inKernel.do}
	case inUserSpace == nil:
		if inKernel != nil {
			i.note("netem is not used: it needs %s, but %s", inKernel.needs, inKernel.have)
		}
		return i.noteBypass(links)
	case i.request.Path == fault.UserSpacePath:
		return &fault.UnsupportedError{What: what + " on the user-space path", Needs: inUserSpace.needs, Have: inUserSpace.have, Do: inUserSpace.do}
	}
	return &fault.UnsupportedError{
		What:  what,
		Needs: fmt.Sprintf("either %s or %s", inKernel.needs, inUserSpace.needs),
		Have:  fmt.Sprintf("%s, and %s", inKernel.have, inUserSpace.have),
		Do:    inUserSpace.do,
	}
}

func (i *injection) netemObstacle(can Capabilities, d fault.DelayFault, links []Link) (*obstacle, error) {
	const or = "leave the path to the tool, or force the user-space path"
	if can.Netem != nil {
		return &obstacle{"the kernel's netem and HTB", can.Netem.Error(), "install the kernel modules sch_netem and sch_htb on the host, or " + or}, nil
	}
	if d.Jitter > maxNetemJitter {
		return &obstacle{fmt.Sprintf("a jitter of at most %s", maxNetemJitter), fmt.Sprintf("asked for %s", d.Jitter), or}, nil
	}
	for _, l := range links {
		if !l.Ethernet {
			return &obstacle{"Ethernet links", l.Name + " carries bare IP packets", "use fault.BlackHole, which works on any link"}, nil
		}
	}
	if i.request.Filter.Direction.Has(fault.Ingress) {
		if can.IFB != nil {
			return &obstacle{"the kernel's IFB and mirred, to delay what comes in", can.IFB.Error(), "install the kernel modules ifb and act_mirred on the host, or " + or}, nil
		}
	}
	if !i.request.Filter.Direction.Has(fault.Egress) {
		return nil, nil
	}
	for _, l := range links {
		q, standard, err := i.rootOf(l.Index)
		if err != nil {
			return nil, err
		}
		if !standard && i.roots[l.Index] == nil {
			return &obstacle{"the root qdisc of " + l.Name, "a qdisc " + q.Type() + " that is not chaosgate's is there", "remove it, or " + or}, nil
		}
	}
	return nil, nil
}

func userSpaceObstacle(can Capabilities, links []Link) *obstacle {
	if can.TUN != nil {
		return &obstacle{"a TAP device", can.TUN.Error(), "load the kernel module tun on the host, and give the agent's container the device /dev/net/tun"}
	}
	for _, l := range links {
		if !l.Ethernet {
			return &obstacle{"Ethernet links", l.Name + " carries bare IP packets", "use fault.BlackHole, which works on any link"}
		}
	}
	return nil
}

// noteBypass says which foreign qdiscs the user-space path goes past.
func (i *injection) noteBypass(links []Link) error {
	if !i.request.Filter.Direction.Has(fault.Egress) {
		return nil
	}
	for _, l := range links {
		q, standard, err := i.rootOf(l.Index)
		if err != nil {
			return err
		}
		if !standard && i.roots[l.Index] == nil {
			i.note("delayed packets go past the qdisc %s on %s", q.Type(), l.Name)
		}
	}
	return nil
}
