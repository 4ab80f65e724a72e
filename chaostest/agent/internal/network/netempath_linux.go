package network

import (
	"fmt"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// netemPath is the kernel's netem. It is attached to the link itself or, for incoming
// packets, to an IFB that they are sent through.
type netemPath struct{ netem tc.Netem }

func (netemPath) name() string { return string(fault.NetemPath) }

func (p netemPath) obstacle(i *injection, can capabilities, links []tc.Link) (*obstacle, error) {
	const or = "let chaosgate choose the path, or force the user-space path"
	if can.netem != nil {
		return &obstacle{"the kernel's netem and HTB", can.netem.Error(), "install the kernel modules sch_netem and sch_htb on the host, or " + or}, nil
	}
	if p.netem.Jitter > tc.MaxNetemJitter {
		return &obstacle{fmt.Sprintf("a jitter of at most %s", tc.MaxNetemJitter), fmt.Sprintf("the fault has %s", p.netem.Jitter), or}, nil
	}
	if o := needEthernet(links); o != nil {
		return o, nil
	}
	if i.filter.Direction.Has(fault.Ingress) && can.ifb != nil {
		return &obstacle{"the kernel's IFB and mirred, for incoming packets", can.ifb.Error(), "install the kernel modules ifb and act_mirred on the host, or " + or}, nil
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
			return &obstacle{"the root qdisc of " + l.Name, "the link has a qdisc " + root.Kind + " that is not chaosgate's", "remove it, or " + or}, nil
		}
	}
	return nil, nil
}

func (p netemPath) open(i *injection, at *interception) (classifier.Outcome, error) {
	n, device := i.namespace, at.hook.Link
	if at.hook.Direction == tc.Ingress {
		at.devices = []string{tc.IFBName(device)}
		if err := at.shareIFB(n); err != nil {
			return classifier.Outcome{}, err
		}
		var err error
		if device, err = n.kernel.IFB(at.hook.Link); err != nil {
			return classifier.Outcome{}, err
		}
	}
	netem := p.netem
	netem.Limit, netem.Seed = tc.NetemLimit, i.nextSeed()
	class, err := at.addClass(n, device, netem)
	if err != nil {
		return classifier.Outcome{}, err
	}
	lines, seeded, err := class.Readback()
	if err != nil {
		return classifier.Outcome{}, err
	}
	i.attest(lines...)
	if netem.Seed != 0 && !seeded {
		i.note("the netem of this kernel takes no seed (that needs Linux 6.6): its random choices cannot be repeated")
	}
	at.carried = func() (pathCounts, error) {
		c, err := class.Counts()
		return pathCounts{sent: c.Sent, held: c.Held, lost: c.Lost}, err
	}
	at.intact = func() error { return intactNetem(n, at, device, class) }
	at.drain = class.Drain
	if at.hook.Direction == tc.Ingress {
		return classifier.ToClassOfIFB(device.Index, class.ID()), nil
	}
	return classifier.ToClass(class.ID()), nil
}

// intactNetem reads the IFB, the HTB, the class and the netem back.
func intactNetem(n *namespace, at *interception, device tc.Link, class *tc.NetemClass) error {
	if at.hook.Direction == tc.Ingress {
		switch now, err := n.kernel.IFB(at.hook.Link); {
		case err != nil:
			return err
		case now.Index != device.Index:
			return fmt.Errorf("IFB %s is another one", now.Name)
		case !now.Up:
			return fmt.Errorf("IFB %s is down", now.Name)
		}
	}
	if _, _, err := class.Readback(); err != nil {
		return err
	}
	_, err := class.Counts() // these remain if somebody removes the netem
	return err
}

// addClass adds a class with a netem to a device.
func (at *interception) addClass(n *namespace, device tc.Link, netem tc.Netem) (*tc.NetemClass, error) {
	if err := at.shareRoot(n, device); err != nil {
		return nil, err
	}
	minor, err := n.freeClass(device)
	if err != nil {
		return nil, err
	}
	class := n.kernel.NetemClass(device, minor, netem)
	if err := at.undo.Before(fmt.Sprintf("delete %s", class), class.Remove); err != nil {
		return nil, err
	}
	at.class = minor
	return class, class.Add()
}

// foreignRoot reads the root qdisc of a link. It is foreign if it is neither the kernel's
// default nor an agent's.
func (i *injection) foreignRoot(link tc.Link) (tc.Root, bool, error) {
	root, err := i.namespace.kernel.Root(link)
	return root, err == nil && !root.Default && !root.Ours(), err
}
