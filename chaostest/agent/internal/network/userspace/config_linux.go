package userspace

import (
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/tc"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// heldBytes bounds the memory for packets that one Path holds.
const heldBytes = 256 << 20

// Config says which link a Path is for, and how long it holds packets.
type Config struct {
	// Namespace is the target's namespace. It must stay open as long as the path.
	Namespace *tc.Namespace
	// Link and LinkIndex name the Ethernet link in that namespace. They must agree.
	Link      string
	LinkIndex int
	// Direction is fault.Egress or fault.Ingress. Both directions take two paths.
	Direction fault.Direction
	// Delay is how long a packet is held, from 0 to fault.MaxDelay. Jitter spreads that
	// evenly from Delay-Jitter to Delay+Jitter. It is at most Delay.
	Delay, Jitter time.Duration
	// Seed makes the jitter repeatable: the nth frame of a direction has the same delay in
	// every run. The two directions have different delays with the same seed.
	Seed uint64
	// Mark marks packets that the path puts back on ingress, so that the link's classifier
	// lets them pass. Each path of a link has a different one; see classifier.MarkBase.
	// Egress does not use it.
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

// Stats counts packets on the wire: each segment of a large frame counts. Received is always
// Sent + Held + Lost.
type Stats struct {
	// Received packets came from the classifier.
	Received uint64
	// Sent packets were put back on the link.
	Sent uint64
	// Held packets wait for their time.
	Held uint64
	// Lost packets could not be carried: the path already held 256 MiB, the link took no
	// more, or the TAP's queue was full because the agent got no processor time. In the
	// last case a whole frame counts as one.
	Lost uint64
}
