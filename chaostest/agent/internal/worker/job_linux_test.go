package worker

import (
	"encoding/binary"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// newJob makes a job whose target lives, and the agent's end of its pipe.
func newJob(t *testing.T) (j *Job, agent int) {
	t.Helper()
	g := NewWithT(t)
	var input, target [2]int
	g.Expect(unix.Pipe2(input[:], unix.O_NONBLOCK|unix.O_CLOEXEC)).To(Succeed())
	g.Expect(unix.Pipe2(target[:], unix.O_CLOEXEC)).To(Succeed())
	t.Cleanup(func() {
		for _, fd := range []int{input[0], target[0], target[1]} {
			g.Expect(unix.Close(fd)).To(Succeed())
		}
	})
	return &Job{input: input[0], pidfd: target[0], begin: make(chan struct{})}, input[1]
}

// A worker may be frozen between reading its pipe and looking at the clock, and
// renewals may arrive meanwhile.
func TestARenewalThatComesDuringAFreezeCounts(t *testing.T) {
	g := NewWithT(t)
	j, agent := newJob(t)
	const firstLease, afterFreeze, secondLease = 1000, 2000, 1_000_002_000
	calls := 0
	j.until.Store(firstLease)
	j.now = func() uint64 {
		switch calls++; calls {
		case 1: // how long to wait
			return firstLease - 1
		case 2: // the freeze, and the renewal
			_, err := unix.Write(agent, binary.LittleEndian.AppendUint64(nil, secondLease))
			g.Expect(err).NotTo(HaveOccurred())
		case 3: // still alive: the agent stops it
			g.Expect(unix.Close(agent)).To(Succeed())
		}
		return afterFreeze
	}
	g.Expect(j.watch()).To(Equal(Stopped))
}

// When the whole machine has stood still, the worker may run again before the agent does.
func TestAStandstillOfTheWholeMachineEndsNoFault(t *testing.T) {
	g := NewWithT(t)
	j, agent := newJob(t)
	const lease, after = 1000, 9_000_000_000
	turns := 0
	j.until.Store(lease)
	clock := func(renewedAtTurn int) func() uint64 {
		turns = 0
		return func() uint64 {
			switch turns++; turns {
			case 1:
				return lease - 1
			case renewedAtTurn:
				_, err := unix.Write(agent, binary.LittleEndian.AppendUint64(nil, 2*after))
				g.Expect(err).NotTo(HaveOccurred())
			case renewedAtTurn + 4:
				g.Expect(unix.Close(agent)).To(Succeed()) // still alive: the agent stops it
			}
			return after
		}
	}
	j.now = clock(6)
	g.Expect(j.watch()).To(Equal(Stopped), "the agent has run again and renewed")
}

func TestALeaseThatNobodyRenewsLapses(t *testing.T) {
	g := NewWithT(t)
	j, agent := newJob(t)
	t.Cleanup(func() { g.Expect(unix.Close(agent)).To(Succeed()) })
	j.now = func() uint64 { return 2000 }
	j.until.Store(1000)
	began := time.Now()
	g.Expect(j.watch()).To(Equal(Lapsed))
	g.Expect(time.Since(began)).To(And(BeNumerically(">=", lapseTurns*lapseTurn-10*time.Millisecond), BeNumerically("<", 5*time.Second)))
}
