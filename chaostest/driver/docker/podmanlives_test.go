package docker

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// told are the stops that follow from what happens to the container abc, one event each
// 100 ms.
func told(removesItself bool, happens ...driver.Event) (stops []driver.Event) {
	lives := podmanLives{}
	for n, e := range happens {
		e.Time = time.Unix(0, 0).Add(time.Duration(n) * 100 * time.Millisecond)
		if e.ID == "" {
			e.ID = "abc"
		}
		for _, e := range lives.take(e, func(string) bool { return removesItself }) {
			if e.Kind == driver.EventSignalled {
				stops = append(stops, e)
			}
		}
	}
	return stops
}

var (
	kill     = driver.Event{Kind: driver.EventSignalled}
	restart  = driver.Event{Kind: driver.EventSignalled, Stops: true}
	start    = driver.Event{Kind: driver.EventStarted}
	cleanup  = driver.Event{Kind: podmanCleanup}
	removal  = driver.Event{Kind: driver.EventRemoved}
	nothing  = driver.Event{Kind: driver.EventRenamed}
	aSecond  = []driver.Event{nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing}
	byNobody = BeEmpty()
)

func exit(code int) driver.Event { return driver.Event{Kind: driver.EventEnded, ExitCode: code} }

func TestOnPodmanTheEndTellsWhichSignalWasSent(t *testing.T) {
	for code, signal := range map[int]int{143: 15, 137: 9, 129: 1} {
		NewWithT(t).Expect(told(false, kill, exit(code))).To(ConsistOf(And(
			HaveField("Signal", signal), HaveField("Stops", true), HaveField("Time", time.Unix(0, 1e8)))), "exit code %d, at its end", code)
	}
	g := NewWithT(t)
	g.Expect(told(false, kill, exit(0))).To(byNobody, "it may have been another signal")
	g.Expect(told(false, exit(137))).To(byNobody, "the kernel may have killed it, because its memory ran out")
	g.Expect(told(false, append(append([]driver.Event{kill}, aSecond...), exit(137))...)).To(byNobody, "the signal was long before")
	another := kill
	another.ID = "another"
	g.Expect(told(false, another, exit(137))).To(byNobody)
	g.Expect(told(false, kill, start, exit(137))).To(byNobody, "the signal was of its life before")
}

func TestOnPodmanARestartByThePolicyIsNobodysStop(t *testing.T) {
	g := NewWithT(t)
	g.Expect(told(false, restart, exit(0), start)).To(HaveLen(1), "somebody restarts it")
	g.Expect(told(false, exit(0), restart, start)).To(byNobody, "it has ended before")
	g.Expect(told(false, exit(0), restart, start, restart)).To(HaveLen(1), "somebody restarts it later")
}

func TestOnPodmanTwoCleanupsTellOfAStop(t *testing.T) {
	g := NewWithT(t)
	g.Expect(told(false, exit(3), cleanup)).To(byNobody)
	g.Expect(told(true, nothing, exit(3), cleanup, cleanup, cleanup)).To(ConsistOf(And(
		HaveField("Signal", 0), HaveField("Stops", true), HaveField("Time", time.Unix(0, 1e8)))), "at the time of its end")
	g.Expect(told(false, exit(0), cleanup, start, exit(0), cleanup)).To(byNobody, "once in each life")
	g.Expect(told(false, restart, exit(0), cleanup, cleanup)).To(HaveLen(1), "it was known before")
}

func TestOnPodmanARemovalRightAfterTheEndTellsOfAStop(t *testing.T) {
	g := NewWithT(t)
	for _, code := range []int{0, 137, 143} {
		g.Expect(told(false, exit(code), cleanup, removal)).To(HaveLen(1), "exit code %d", code)
	}
	g.Expect(told(false, exit(1), cleanup, removal)).To(byNobody, "it ended as by a crash")
	g.Expect(told(true, exit(0), cleanup, removal)).To(byNobody, "it removes itself")
	g.Expect(told(false, append(append([]driver.Event{exit(0)}, aSecond...), removal)...)).To(byNobody, "it had ended long before")
	g.Expect(told(false, removal)).To(byNobody, "its end was not heard")
}
