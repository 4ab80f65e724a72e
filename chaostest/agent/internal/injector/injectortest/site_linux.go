package injectortest

import (
	"testing"
	"time"

	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// site is a container that faults are applied to. It checks when the test ends that
// nothing is left of any fault.
type site interface {
	// target is the container, as a request names it.
	target() injector.Target
	// ended returns the number of a process that has ended.
	ended() (pid int)
	// killTarget ends the container's first process.
	killTarget()
	// processes are those in the container.
	processes() []int

	// state is what a fault may change of the container, as the kernel shows it.
	state() any
	// touched reports whether the state differs from the state before all faults.
	touched() bool
	// felt reports whether a fault still acts on the container. A fault that ended by
	// itself does not, though the state may show it until the next fault is applied.
	felt() bool
	// work gives a fault something to act on, so that it takes effect.
	work()

	// agentLease is the lease that an agent gives its faults before it is killed.
	agentLease() time.Duration
	// answers is what faults say at this site.
	answers() answers
	// overlapped checks that two faults that overlap were refused only if they must be.
	overlapped(first, second record.Attestation, refused bool)
}

// answers is what faults say at a site.
type answers struct {
	path string // regular expression of the attestation's path

	refused string // part of every error that refuses a target
	foreign string // part of the error for a process that is not the container's
	ended   string // part of the error for a process that has ended

	lapsed          types.GomegaMatcher // for the summary after the lease lapsed
	renewedLapsed   types.GomegaMatcher // for the error of a renewal after the lease lapsed
	renewedReverted types.GomegaMatcher // for the error of a renewal after the revert

	// clash are the errors of which one refuses a fault beside injection one.
	clash func(first fault.Fault) []types.GomegaMatcher
}

// onPackets reports whether a fault acts on packets. Other faults act on a cgroup.
func onPackets(f fault.Fault) bool {
	_, is := f.(fault.Filterable)
	return is
}

func newSite(t *testing.T, f fault.Fault) site {
	t.Helper()
	if onPackets(f) {
		return newNetworkSite(t)
	}
	return newCgroupSite(t)
}
