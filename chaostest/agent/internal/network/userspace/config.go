package userspace

import (
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Mark is the skb->mark of a packet that comes back on the link's ingress. The
// link's classifier clears it and lets the packet pass. It spells "cgin", a
// value that no policy routing, Kubernetes or Docker rule uses.
const Mark uint32 = 0x6367696e

// heldBytes bounds the memory of the packets that one Path holds.
const heldBytes = 256 << 20

// Config says which packets' link, and for how long they are held.
type Config struct {
	// PID is a process in the target's network namespace, as the agent's own PID
	// namespace counts.
	PID int
	// Link and LinkIndex name the Ethernet link in that namespace. Both must fit.
	Link      string
	LinkIndex int
	// Direction is fault.Egress or fault.Ingress. Both takes two paths.
	Direction fault.Direction
	// Delay is how long a packet is held, from 0 to fault.MaxDelay. Jitter
	// spreads that evenly over Delay-Jitter to Delay+Jitter; it is at most Delay.
	Delay, Jitter time.Duration
	// Seed makes the jitter repeat: the nth frame of a direction has the same
	// delay in every run. The two directions of one seed differ.
	Seed uint64
	// Mark is what an ingress path marks packets with instead of the constant, in
	// whose last byte it may differ: so that the classifiers of several paths on
	// one link each know their own. 0 takes the constant.
	Mark uint32
}

// mark is the mark of the packets that come back on ingress.
func (c Config) mark() uint32 {
	if c.Mark == 0 {
		return Mark
	}
	return c.Mark
}

func (c Config) validate() error {
	switch {
	case c.PID <= 0:
		return fmt.Errorf("process %d: must be a process in the target's network namespace", c.PID)
	case c.Link == "" || c.LinkIndex <= 0:
		return fmt.Errorf("link %q, index %d: must have a name and an index above 0", c.Link, c.LinkIndex)
	case c.Direction != fault.Egress && c.Direction != fault.Ingress:
		return fmt.Errorf("direction %q: must be egress or ingress; open a path for each", c.Direction)
	case c.Delay < 0 || c.Delay > fault.MaxDelay:
		return fmt.Errorf("delay %s: must be from 0 to %s", c.Delay, fault.MaxDelay)
	case c.Jitter < 0 || c.Jitter > c.Delay:
		return fmt.Errorf("jitter %s: must be from 0 to the delay %s", c.Jitter, c.Delay)
	case c.mark()>>8 != Mark>>8:
		return fmt.Errorf("mark %#x: must differ from %#x in the last byte only", c.Mark, Mark)
	}
	return nil
}

// Stats counts wire packets: the segments of a large frame count one by one.
// Received is always Sent + Held + Lost.
type Stats struct {
	// Received came from the classifier.
	Received uint64
	// Sent were put back on the link.
	Sent uint64
	// Held wait for their time.
	Held uint64
	// Lost could not be carried: 256 MiB were held already, the link took no
	// more, or the TAP's queue was full because the agent got no processor
	// (those count by the frame, which may be several wire packets).
	Lost uint64
}
