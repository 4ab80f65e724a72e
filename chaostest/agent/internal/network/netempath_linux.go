package network

import (
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// netemPath is the kernel's netem. It is on the link itself or, for packets that
// come in, on an IFB that they are sent through.
type netemPath struct{ asked tc.Netem }

func (netemPath) name() string { return string(fault.NetemPath) }

func (p netemPath) obstacle(i *injection, can capabilities, links []tc.Link) (*obstacle, error) {
	const or = "leave the path to the tool, or force the user-space path"
	if can.netem != nil {
		return &obstacle{"the kernel's netem and HTB", can.netem.Error(), "install the kernel modules sch_netem and sch_htb on the host, or " + or}, nil
	}
	if p.asked.Jitter > tc.MaxNetemJitter {
		return &obstacle{fmt.Sprintf("a jitter of at most %s", tc.MaxNetemJitter), fmt.Sprintf("asked for %s", p.asked.Jitter), or}, nil
	}
	if o := needEthernet(links); o != nil {
		return o, nil
	}
	if i.filter.Direction.Has(fault.Ingress) && can.ifb != nil {
		return &obstacle{"the kernel's IFB and mirred, for what comes in", can.ifb.Error(), "install the kernel modules ifb and act_mirred on the host, or " + or}, nil
	}
	if !i.filter.Direction.Has(fault.Egress) {
		return nil, nil
	}
	for _, l := range links {
		root, foreign, err := i.foreignRoot(l)
		if err != nil {
			return nil, err
		}
		if foreign {
			return &obstacle{"the root qdisc of " + l.Name, "a qdisc " + root.Kind + " that is not chaosgate's is there", "remove it, or " + or}, nil
		}
	}
	return nil, nil
}

func (p netemPath) open(i *injection, at *interception) (classifier.Outcome, error) {
	device := at.hook.Link
	if at.hook.Direction == tc.Ingress {
		at.devices = []string{tc.IFBName(device)}
		if err := i.shareIFB(at.hook.Link); err != nil {
			return classifier.Outcome{}, err
		}
		var err error
		if device, err = i.namespace.kernel.IFB(at.hook.Link); err != nil {
			return classifier.Outcome{}, err
		}
	}
	asked := p.asked
	asked.Limit, asked.Seed = tc.NetemLimit, i.nextSeed()
	class, err := i.addClass(device, asked)
	if err != nil {
		return classifier.Outcome{}, err
	}
	lines, seeded, err := class.Readback()
	if err != nil {
		return classifier.Outcome{}, err
	}
	i.attestation.Readback = append(i.attestation.Readback, lines...)
	if asked.Seed != 0 && !seeded {
		i.note("this kernel's netem takes no seed (Linux 6.6 does): its random choices are not repeatable")
	}
	at.carried = func() (pathCounts, error) {
		c, err := class.Counts()
		return pathCounts{sent: c.Sent, held: c.Held, lost: c.Lost}, err
	}
	if at.hook.Direction == tc.Ingress {
		return classifier.ToClassOfIFB(device.Index, class.ID()), nil
	}
	return classifier.ToClass(class.ID()), nil
}

// addClass makes a class with a netem on a device.
func (i *injection) addClass(device tc.Link, asked tc.Netem) (*tc.NetemClass, error) {
	if err := i.shareRoot(device); err != nil {
		return nil, err
	}
	minor, err := i.namespace.freeClass(device)
	if err != nil {
		return nil, err
	}
	class := i.namespace.kernel.NetemClass(device, minor, asked)
	err = i.beforeDoing(fmt.Sprintf("delete %s", class), func() error {
		if err := class.Remove(); err != nil {
			return err
		}
		delete(i.namespace.classes, classKey{device.Index, minor})
		return nil
	})
	if err != nil {
		return nil, err
	}
	// A drain takes as long as the delay: others may work in the namespace.
	if err := i.beforeDoingUnlocked("let out what netem holds on "+device.Name, class.Drain); err != nil {
		return nil, err
	}
	i.namespace.classes[classKey{device.Index, minor}] = true
	return class, class.Add()
}

// foreignRoot reads the root qdisc of a link, and says whether it is somebody
// else's: neither the kernel's default nor ours.
func (i *injection) foreignRoot(link tc.Link) (tc.Root, bool, error) {
	root, err := i.namespace.kernel.Root(link)
	return root, err == nil && !root.Default && i.namespace.roots[link.Index] == nil, err
}
