package userspace

import (
	"errors"
	"fmt"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Path delays the packets that a classifier redirects to its TAP device. Its
// methods may be called from several goroutines.
type Path struct {
	tap    *tap
	kernel *netlink.Handle // netlink in the target's namespace
	socket int             // the packet socket on the link; -1 for ingress
	link   int             // the index of the link
	back   bool            // the TAP has a filter that puts packets back on the link
	memory *arena
	worker *worker
	done   chan struct{} // closed when the worker has ended

	mu      sync.Mutex
	closed  bool
	dropped uint64 // the last known drops of the TAP's queue
}

// Open makes a TAP in the target's network namespace. The caller's classifier must redirect
// packets to the device with its Index.
//
// Open needs Linux 5.4, /dev/net/tun, and four capabilities in the first user namespace:
// NET_ADMIN, NET_RAW, SYS_ADMIN (to enter the namespace and load BPF) and SYS_PTRACE (to
// open another user's namespace).
func Open(c Config) (*Path, error) { return open(c, heldBytes) }

func open(c Config, heldBytes int) (_ *Path, err error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("open user-space path: %w", err)
	}
	p := &Path{socket: -1, link: c.LinkIndex, back: c.Direction == fault.Ingress, done: make(chan struct{})}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open user-space path for %s of %s: %w", c.Direction, c.Link, errors.Join(err, p.release()))
		}
	}()
	if err := c.Namespace.Inside(func() error { return p.enter(c) }); err != nil {
		return nil, err
	}
	if p.memory, err = newArena(heldBytes); err != nil {
		return nil, err
	}
	if p.worker, err = newWorker(p.tap, p.socket, c.Link, p.memory, newSchedule(c)); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		p.worker.run()
	}()
	return p, nil
}

// enter makes everything in the target's namespace. The calling thread is in it.
func (p *Path) enter(c Config) (err error) {
	if p.kernel, err = netlink.NewHandle(unix.NETLINK_ROUTE); err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	link, err := p.kernel.LinkByIndex(c.LinkIndex)
	if err != nil {
		return fmt.Errorf("look up link %d: %w", c.LinkIndex, err)
	}
	if name := link.Attrs().Name; name != c.Link {
		return fmt.Errorf("link %d is %s, not %s: has the container's network changed?", c.LinkIndex, name, c.Link)
	}
	if kind := link.Attrs().EncapType; kind != "ether" {
		return &fault.UnsupportedError{
			What: "the user-space path on " + c.Link, Needs: "an Ethernet link",
			Have: "it is of type " + kind, Do: "name a link with Ethernet frames, or force the netem path",
		}
	}
	if c.Direction == fault.Ingress {
		if p.tap, err = openTAP(p.kernel, link, c.Direction, allOffloads); err != nil {
			return err
		}
		return redirectToLink(p.kernel, p.tap, link, c.Mark)
	}
	if p.socket, err = openSocket(link); err != nil {
		return err
	}
	offloads, err := offloadsOf(p.socket, c.Link)
	if err != nil {
		return err
	}
	p.tap, err = openTAP(p.kernel, link, c.Direction, offloads)
	return err
}

// Index is the interface index of the TAP in the target's namespace.
func (p *Path) Index() int { return p.tap.index }

// Name is the name of the TAP: "cg" and a number.
func (p *Path) Name() string { return p.tap.name }

// Stats returns the present counts. After Close, it returns the final ones.
func (p *Path) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	dropped := p.dropped
	if !p.closed {
		dropped = p.queueDrops()
	}
	return p.worker.stats(dropped)
}

// queueDrops counts the packets that found the TAP's queue full.
func (p *Path) queueDrops() uint64 {
	device, err := p.kernel.LinkByIndex(p.tap.index)
	if err != nil || device.Attrs().Statistics == nil {
		return p.dropped // another program has removed the TAP
	}
	p.dropped = device.Attrs().Statistics.TxDropped
	return p.dropped
}

// Close sends all held packets at once, in the order in which they would have left, and
// removes the TAP. The caller must stop redirecting first, because later packets are lost.
// A second call does nothing.
func (p *Path) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.worker.stop()
	<-p.done
	p.queueDrops()
	p.closed = true
	if err := p.release(); err != nil {
		return fmt.Errorf("close user-space path %s: %w", p.tap.name, err)
	}
	return nil
}

// release closes everything that is open, even if the path is only half open.
func (p *Path) release() error {
	var errs []error
	if p.tap != nil {
		p.removeTAP()
	}
	if p.socket >= 0 {
		go func() { _ = unix.Close(p.socket) }() // this takes some milliseconds
	}
	if p.worker != nil {
		errs = append(errs, p.worker.close())
	}
	if p.kernel != nil {
		p.kernel.Close()
	}
	if p.memory != nil {
		errs = append(errs, p.memory.close())
	}
	return errors.Join(errs...)
}

// removeTAP closes the TAP's descriptor, which removes the device. It returns when the
// device is gone. The close itself takes about 15 ms longer, until the kernel has freed
// everything.
func (p *Path) removeTAP() {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = unix.Close(p.tap.fd) // this cannot fail for a TAP
	}()
	for {
		var gone netlink.LinkNotFoundError
		if _, err := p.kernel.LinkByIndex(p.tap.index); errors.As(err, &gone) {
			return
		} else if err != nil {
			<-closed
			return
		}
		select {
		case <-closed:
			return
		default: // look again; this blocks while the kernel removes the device
		}
	}
}
