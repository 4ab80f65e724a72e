package userspace

import (
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// heldBytes bounds the memory of the packets that one Path holds.
const heldBytes = 256 << 20

// Config says which packets' link, and for how long they are held.
type Config struct {
	// Namespace is the target's. It stays open as long as the path.
	Namespace *tc.Namespace
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
	// Mark is set on the packets that come back on ingress, so that the link's
	// classifier knows them and lets them pass. Each path of a link has its own; see
	// classifier.MarkBase. On egress it is not used.
	Mark uint32
}

func (c Config) validate() error {
	switch {
	case c.Namespace == nil:
		return errors.New("no namespace: must be the target's")
	case c.Link == "" || c.LinkIndex <= 0:
		return fmt.Errorf("link %q, index %d: must have a name and an index above 0", c.Link, c.LinkIndex)
	case c.Direction != fault.Egress && c.Direction != fault.Ingress:
		return fmt.Errorf("direction %q: must be egress or ingress; open a path for each", c.Direction)
	case c.Delay < 0 || c.Delay > fault.MaxDelay:
		return fmt.Errorf("delay %s: must be from 0 to %s", c.Delay, fault.MaxDelay)
	case c.Jitter < 0 || c.Jitter > c.Delay:
		return fmt.Errorf("jitter %s: must be from 0 to the delay %s", c.Jitter, c.Delay)
	case c.Direction == fault.Ingress && !classifier.IsMark(c.Mark):
		return fmt.Errorf("mark %#x: must be from %#x to %#x", c.Mark, classifier.MarkBase+1, classifier.MarkBase+classifier.MaxMarks)
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
