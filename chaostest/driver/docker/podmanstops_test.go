package docker

import (
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

func TestAStopIsSeenOnceByTheContainersState(t *testing.T) {
	g := NewWithT(t)
	var stops podmanStops
	stops.watch("abc", false)
	stops.watch("other", false)
	began := time.Unix(1700000000, 0)
	look := func(second int, state container.ContainerState) {
		stops.note(began.Add(time.Duration(second)*time.Second), stops.asked(), []container.Summary{{ID: "abc", State: state}, {ID: "other", State: "running"}})
	}
	for second, state := range []container.ContainerState{"running", stopping, stopping, "exited", "running", stopping} {
		look(second, state)
	}
	told := func(since, until int) (seconds []int) {
		stops.from(began.Add(time.Duration(since)*time.Second)).tell(began.Add(time.Duration(until)*time.Second), func(e driver.Event) {
			g.Expect(e).To(And(HaveField("ID", "abc"), HaveField("Kind", driver.EventSignalled), HaveField("Stops", true)))
			seconds = append(seconds, int(e.Time.Sub(began)/time.Second))
		})
		return seconds
	}
	g.Expect(told(0, 9)).To(Equal([]int{1, 5}), "two stops, the second after a start")
	g.Expect(told(2, 9)).To(Equal([]int{5}))
	g.Expect(told(0, 4)).To(Equal([]int{1}))
}

func TestAStopIsToldOnce(t *testing.T) {
	g := NewWithT(t)
	var stops podmanStops
	stops.watch("abc", false)
	n := 0
	reader := stops.from(time.Unix(0, 0))
	for second := range int64(3) {
		stops.note(time.Unix(second, 0), stops.asked(), []container.Summary{{ID: "abc", State: stopping}})
		reader.tell(time.Unix(second, 0), func(driver.Event) { n++ })
	}
	g.Expect(n).To(Equal(1))
}

func TestAContainerThatIsGoneIsNotLookedForAgain(t *testing.T) {
	g := NewWithT(t)
	var stops podmanStops
	stops.watch("abc", false)
	stops.watch("gone", false)
	asked := stops.asked()
	stops.watch("new", false) // while the engine answers
	stops.note(time.Now(), asked, []container.Summary{{ID: "abc", State: "running"}})
	g.Expect(stops.asked()["id"]).To(And(HaveKey("abc"), HaveKey("new"), Not(HaveKey("gone"))))
}

func TestAContainerMayRemoveItselfUntilThatIsKnown(t *testing.T) {
	g := NewWithT(t)
	var stops podmanStops
	g.Expect(stops.removesItself("abc")).To(BeTrue())
	stops.watch("abc", false)
	stops.watch("abc", true) // attached to once more, when it cannot be asked any more
	g.Expect(stops.removesItself("abc")).To(BeFalse())
}
