package network

import (
	"context"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/network/classifier"
	"github.com/chaosgate/chaosgate/chaostest/fault"
)

// Faults returns the handlers of the faults on packets. The handlers share the objects that
// they add to a network namespace, such as qdiscs, so they are made together.
func Faults() []injector.Handler { return handlers(newNamespaces()) }

func handlers(live *namespaces) []injector.Handler {
	return []injector.Handler{
		handle(live, func(f fault.DelayFault) packetFault { return delay{f} }),
		handle(live, func(f fault.BlackHoleFault) packetFault { return blackHole{f} }),
	}
}

// packetFault describes a fault to this package. A new fault is one file with such a value,
// and one line in handlers.
type packetFault interface {
	fault.Filterable

	// paths lists the data paths that can carry the fault, best first. Each says what
	// happens to a packet that matches.
	paths() []dataPath
	// preference orders the filters of faults: a packet meets the lowest one first.
	preference() uint16
	// clash says why a packet must not meet both this fault and the other one, such as
	// "would delay the same packets as". It is empty if both may be live at once.
	clash(other packetFault) string
	// seed returns the user's seed, or 0, and whether the fault makes random choices.
	seed() (seed uint64, random bool)
	// effect reports whether the fault has had its effect on the packets that matched, and
	// names the effect in the past tense, such as "delayed".
	effect(matched classifier.Counters, carried pathCounts) (effective bool, verb string)
}

// The preferences: a packet is dropped before it is delayed.
const (
	losePreference uint16 = 12
	holdPreference uint16 = 13
)

// handle makes the handler of a fault from its description.
func handle[F fault.Filterable](live *namespaces, describe func(F) packetFault) injector.Handler {
	var none F
	live.describe[none.Kind()] = func(f fault.Fault) (packetFault, bool) {
		typed, is := f.(F)
		return describe(typed), is
	}
	return injector.Handle(func(ctx context.Context, r injector.Request[F], journal *injector.Journal) (injector.Live, error) {
		i := &injection{
			namespaces: live, fault: describe(r.Fault), journal: journal, pidfd: -1,
			id: r.ID, target: r.Target, filter: r.Filter, path: r.Path, comeAndGo: r.ComeAndGo, leaseEnd: r.Lease,
		}
		if err := i.apply(ctx); err != nil {
			return nil, err
		}
		return i, nil
	})
}
