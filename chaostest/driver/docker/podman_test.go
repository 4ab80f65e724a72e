package docker

import (
	"errors"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/events"
	. "github.com/onsi/gomega"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

func TestPodmanDoesNotSayWhoEndedAContainer(t *testing.T) {
	g := NewWithT(t)
	for code, signal := range map[int]int{143: 15, 137: 9, 0: 0, 1: 0, 139: 0, 255: 0} {
		before, missing := signalledBefore(driver.Event{Kind: driver.EventEnded, ID: "abc", ExitCode: code})
		g.Expect(missing).To(Equal(signal > 0), "exit code %d", code)
		if missing {
			g.Expect(before).To(Equal(driver.Event{Kind: driver.EventSignalled, ID: "abc", Signal: signal, Stops: true}))
		}
	}
}

func TestPodmansEventsAreRead(t *testing.T) {
	g := NewWithT(t)
	d := &Driver{}
	event := func(action events.Action, attributes map[string]string, podman bool) (driver.Event, bool) {
		return d.event(t.Context(), events.Message{Type: events.ContainerEventType, Action: action, Actor: events.Actor{ID: "abc", Attributes: attributes}}, podman)
	}
	ended, ok := event("died", map[string]string{"containerExitCode": "3"}, true)
	g.Expect(ok).To(BeTrue())
	g.Expect(ended).To(And(HaveField("Kind", driver.EventEnded), HaveField("ExitCode", 3)))
	_, ok = event("died", nil, false)
	g.Expect(ok).To(BeFalse(), "Docker has no such event")
	removed, ok := event("remove", nil, true)
	g.Expect(ok).To(BeTrue())
	g.Expect(removed.Kind).To(Equal(driver.EventRemoved))
	restarted, ok := event("restart", nil, true)
	g.Expect(ok).To(BeTrue())
	g.Expect(restarted).To(And(HaveField("Kind", driver.EventSignalled), HaveField("Stops", true)))
	_, ok = event("kill", nil, true)
	g.Expect(ok).To(BeFalse(), "the signal is not known, so nothing follows from it")
	killed, ok := event("kill", map[string]string{"signal": "9"}, false)
	g.Expect(ok).To(BeTrue())
	g.Expect(killed).To(And(HaveField("Signal", 9), HaveField("Stops", true)))
}

func TestAContainerThatIsGoneIsKnownByTheErrorsType(t *testing.T) {
	g := NewWithT(t)
	g.Expect(isNotFound(errdefs.ErrNotFound)).To(BeTrue())
	g.Expect(isNotFound(errdefs.ErrInternal.WithMessage("container abc does not exist in database: no such container"))).To(BeTrue(), "Podman, while it removes one")
	g.Expect(isNotFound(errdefs.ErrInternal.WithMessage("database is locked"))).To(BeFalse())
	g.Expect(isNotFound(errors.New("no such container"))).To(BeFalse(), "not an error of the engine")
	g.Expect(isNotFound(nil)).To(BeFalse())
}

func TestPodmanIsAskedForWholeSeconds(t *testing.T) {
	g := NewWithT(t)
	at := time.Unix(1700000000, 250_000_000)
	g.Expect(stamp(at, false, 1)).To(Equal("1700000000.250000000"))
	g.Expect(stamp(at, true, 0)).To(Equal("1700000000"), "no later than since")
	g.Expect(stamp(at, true, 1)).To(Equal("1700000001"), "no earlier than until")
}
