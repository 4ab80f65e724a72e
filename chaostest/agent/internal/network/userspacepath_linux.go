package network

import (
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/userspace"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// userSpacePath handles packets in the agent, behind a TAP.
type userSpacePath struct{ delay, jitter time.Duration }

func (userSpacePath) name() string { return string(fault.UserSpacePath) }

func (userSpacePath) obstacle(_ *injection, can capabilities, links []tc.Link) (*obstacle, error) {
	if can.tun != nil {
		return &obstacle{"a TAP device", can.tun.Error(), "load the kernel module tun on the host, and give the agent's container the device /dev/net/tun"}, nil
	}
	return needEthernet(links), nil
}

func (p userSpacePath) open(i *injection, at *interception) (classifier.Outcome, error) {
	n, link := i.namespace, at.hook.Link
	var path *userspace.Path
	err := at.undo.Before(fmt.Sprintf("close the user-space path for %s of %s", at.hook.Direction, link.Name), func() error {
		if path == nil {
			return nil
		}
		return path.Close()
	})
	if err != nil {
		return classifier.Outcome{}, err
	}
	if at.hook.Direction == tc.Ingress {
		if at.mark, err = n.freeMark(); err != nil {
			return classifier.Outcome{}, err
		}
	} else if err := i.noteBypass(link); err != nil {
		return classifier.Outcome{}, err
	}
	path, err = userspace.Open(userspace.Config{
		Namespace: n.kernel, Link: link.Name, LinkIndex: link.Index, Direction: at.direction(),
		Delay: p.delay, Jitter: p.jitter, Seed: i.nextSeed(), Mark: at.mark,
	})
	if err != nil {
		return classifier.Outcome{}, err
	}
	at.carried = func() (pathCounts, error) {
		s := path.Stats()
		return pathCounts{sent: s.Sent, held: s.Held, lost: s.Lost}, nil
	}
	at.intact = path.Check
	at.devices = []string{path.Name()}
	i.attest(fmt.Sprintf("%s: TAP %s, index %d, %s in user space", at.hook, path.Name(), path.Index(), i.fault))
	return classifier.ToDevice(path.Index()), nil
}

// noteBypass notes the foreign qdisc that the path bypasses.
func (i *injection) noteBypass(link tc.Link) error {
	root, foreign, err := i.foreignRoot(link)
	if foreign {
		i.note("packets that match bypass the qdisc %s on %s", root.Kind, link.Name)
	}
	return err
}
