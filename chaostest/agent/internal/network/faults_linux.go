package network

import (
	"context"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Faults are the handlers of the faults that act on packets. They have in common
// what the kernel has of them in a network namespace, so they are made together.
func Faults() []injector.Handler { return handlers(newNamespaces()) }

func handlers(live *namespaces) []injector.Handler {
	return []injector.Handler{
		handle(live, func(f fault.DelayFault) packetFault { return delay{f} }),
		handle(live, func(f fault.BlackHoleFault) packetFault { return blackHole{f} }),
	}
}

// packetFault is everything that this package asks of one fault. A new fault is
// one file with such a value, and its line in handlers.
type packetFault interface {
	fault.Filterable

	// paths are the data paths that can carry the fault, the best first. Each value
	// says what happens to a packet that matches.
	paths() []dataPath
	// preference is the place of the fault's filters: a packet meets the lowest first.
	preference() uint16
	// clash says what would be wrong if a packet met this fault and the other one:
	// "would delay the same packets as". Empty, they can be live side by side.
	clash(other packetFault) string
	// seed is the one that the user gave, and whether the fault makes random choices.
	seed() (given uint64, random bool)
	// effect says whether the packets that matched have had what the fault names, and
	// what that is in the past tense: "delayed".
	effect(matched classifier.Counters, carried pathCounts) (had bool, verb string)
}

// The preferences: a packet is lost before it is delayed.
const (
	losePreference uint16 = 12
	holdPreference uint16 = 13
)

// handle makes the handler of a fault from the function that describes it.
func handle[F fault.Filterable](live *namespaces, describe func(F) packetFault) injector.Handler {
	return injector.Handle(func(ctx context.Context, r injector.Request[F], journal *injector.Journal) (injector.Live, error) {
		i := &injection{
			namespaces: live, fault: describe(r.Fault), journal: journal, pidfd: -1,
			id: r.ID, target: r.Target, filter: r.Filter, path: r.Path, leaseEnd: r.Lease,
		}
		if err := i.apply(ctx); err != nil {
			return nil, err
		}
		return i, nil
	})
}
