package injectortest

import (
	"maps"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/chaosgate/chaosgate/chaostest/agent/internal/cgroup/cgrouptest"
	"github.com/chaosgate/chaosgate/chaostest/agent/internal/injector"
	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// cgroupSite is a container with all limits. A fault is felt as long as the kernel
// shows anything of it.
type cgroupSite struct {
	t      *testing.T
	box    *cgrouptest.Box
	first  *cgrouptest.Target
	before cgroupState
}

var _ site = (*cgroupSite)(nil)

type cgroupState struct {
	files     map[string]string
	processes []int
}

func newCgroupSite(t *testing.T) *cgroupSite {
	t.Helper()
	s := &cgroupSite{t: t, box: cgrouptest.NewBox(t, cgrouptest.Limits{CPU: 0.5, Memory: 64 << 20})}
	s.first = s.box.Start(t, "sleep", "600")
	cgrouptest.NothingLeft(t, s.box)
	s.before = s.look()
	return s
}

func (s *cgroupSite) target() injector.Target {
	return injector.Target{ID: s.box.Name, Name: "shop", PID: s.first.PID}
}

func (s *cgroupSite) ended() int {
	p := s.box.Start(s.t, "true")
	p.Kill()
	s.before = s.look()
	return p.PID
}

func (s *cgroupSite) killTarget() {
	if !cgrouptest.V2() {
		s.box.Set(s.t, "freezer", "freezer.state", "THAWED") // on v1 a frozen process does not even die
	}
	s.first.Kill()
}

func (s *cgroupSite) processes() []int { return s.box.Processes(s.t) }

func (s *cgroupSite) look() cgroupState { return cgroupState{s.box.Files(s.t), s.box.Processes(s.t)} }

func (s *cgroupSite) state() any { return s.look() }

func (s *cgroupSite) touched() bool {
	now := s.look()
	return !maps.Equal(now.files, s.before.files) || !slices.Equal(now.processes, s.before.processes)
}

func (s *cgroupSite) felt() bool { return s.touched() }

// work does nothing: these faults take effect by themselves.
func (s *cgroupSite) work() {}

// agentLease is so long that only the agent's death can end a fault in time.
func (s *cgroupSite) agentLease() time.Duration { return time.Hour }

func (s *cgroupSite) answers() answers {
	return answers{
		path:            "^cgroup v[12]$",
		refused:         "shop: find cgroup of process ",
		foreign:         "does not name the container",
		ended:           "there is no such process",
		lapsed:          ContainSubstring("its lease lapsed: the host fell silent"),
		renewedLapsed:   MatchError(And(HavePrefix("keep "), ContainSubstring("lease lapsed"))),
		renewedReverted: HaveOccurred(),
		clash: func(first fault.Fault) []types.GomegaMatcher {
			return []types.GomegaMatcher{ContainSubstring(first.String() + ", injection one: revert that injection first"), ContainSubstring(" is already ")}
		},
	}
}

// overlapped checks nothing. The tests of cpu, memory and process say which of their
// faults are refused together.
func (s *cgroupSite) overlapped(record.Attestation, record.Attestation, bool) {}
