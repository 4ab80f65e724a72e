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
	unknown, ok := event("kill", nil, true)
	g.Expect(ok).To(BeTrue())
	g.Expect(unknown).To(And(HaveField("Signal", 0), HaveField("Stops", false)))
	killed, ok := event("kill", map[string]string{"signal": "9"}, false)
	g.Expect(ok).To(BeTrue())
	g.Expect(killed).To(And(HaveField("Signal", 9), HaveField("Stops", true)))
}

func TestPodmanNamesTheContainerOfANetworksEvent(t *testing.T) {
	g := NewWithT(t)
	message := events.Message{Type: events.NetworkEventType, Action: "connect", Actor: events.Actor{ID: "abc", Attributes: map[string]string{"name": "shop"}}}
	connected, ok := (&Driver{}).event(t.Context(), message, true)
	g.Expect(ok).To(BeTrue())
	g.Expect(connected).To(And(HaveField("Kind", driver.EventConnected), HaveField("ID", "abc"), HaveField("Name", "shop")))
	message.Actor = events.Actor{ID: "the network's", Attributes: map[string]string{"name": "front", "container": "abc"}}
	connected, ok = (&Driver{}).event(t.Context(), message, false)
	g.Expect(ok).To(BeTrue())
	g.Expect(connected).To(And(HaveField("ID", "abc"), HaveField("Network", "front")), "Docker names the network, too")
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
	g.Expect(stamp(at, false)).To(Equal("1700000000.250000000"))
	g.Expect(stamp(at, true)).To(Equal("1700000000"), "no later than since")
}
