package docker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// podmanServer answers as Podman's service does, whose log has these events. The container
// abc is being stopped.
func podmanServer(t *testing.T, log string) *Driver {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch _, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
		case strings.HasSuffix(r.URL.Path, "_ping"):
			w.Header().Set("Api-Version", "1.41")
		case path == "version":
			_, _ = io.WriteString(w, `{"Components": [{"Name": "Podman Engine"}]}`)
		case path == "info":
			_, _ = fmt.Fprintf(w, `{"SystemTime": %q}`, time.Now().Format(time.RFC3339Nano))
		case path == "containers/abc/json":
			_, _ = io.WriteString(w, `{"Id": "abc", "HostConfig": {"AutoRemove": false}}`)
		case path == "containers/json":
			_, _ = io.WriteString(w, `[{"Id": "abc", "State": "stopping"}]`)
		case path == "events" && r.URL.Query().Get("stream") == "false":
			_, _ = io.WriteString(w, log)
		case path == "events" && r.URL.Query().Has("until"):
			// It looks at the clock before its log.
		case path == "events":
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	cli, err := client.New(client.WithHost(strings.Replace(server.URL, "http", "tcp", 1)))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = cli.Close() })
	return &Driver{client: &testcontainers.DockerClient{Client: cli}}
}

func TestWhatPodmanHasInItsLogIsReadToItsEnd(t *testing.T) {
	g := NewWithT(t)
	began := time.Now().Add(-time.Minute)
	var log strings.Builder
	for n, action := range []string{"start", "die", "cleanup", "cleanup", "remove"} {
		_, _ = fmt.Fprintf(&log, `{"Type": "container", "Action": %q, "timeNano": %d, "Actor": {"ID": "abc", "Attributes": {"exitCode": "3"}}}`+"\n",
			action, began.Add(time.Duration(n)*time.Second).UnixNano())
	}
	var kinds []driver.EventKind
	d := podmanServer(t, log.String())
	g.Expect(d.Events(t.Context(), began.Add(time.Millisecond), time.Now(), func(e driver.Event) { kinds = append(kinds, e.Kind) })).To(Succeed())
	g.Expect(kinds).To(Equal([]driver.EventKind{driver.EventEnded, driver.EventSignalled, driver.EventRemoved}),
		"it was started before, and stopped")
}

func TestAnErrorInPodmansLogIsNotItsEnd(t *testing.T) {
	g := NewWithT(t)
	d := podmanServer(t, `{"Type": "container"}{"cause": `)
	g.Expect(d.Events(t.Context(), time.Now(), time.Now(), func(driver.Event) {})).To(MatchError(ContainSubstring("read the engine's events: ")))
}

func TestAStopOnPodmanIsHeardBeforeTheEnd(t *testing.T) {
	g := NewWithT(t)
	d := podmanServer(t, "")
	d.stops.watch("abc")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	since := time.Now()
	var heard []driver.Event
	g.Expect(d.Events(ctx, since, time.Time{}, func(e driver.Event) {
		heard = append(heard, e)
		cancel()
	})).To(MatchError(context.Canceled))
	g.Expect(heard).To(ConsistOf(And(HaveField("ID", "abc"), HaveField("Kind", driver.EventSignalled), HaveField("Stops", true))))
	g.Expect(d.stops.removesItself("abc")).To(BeFalse())

	var again []driver.Event
	g.Expect(d.Events(t.Context(), since, time.Now(), func(e driver.Event) { again = append(again, e) })).To(Succeed())
	g.Expect(again).To(Equal(heard), "what was seen can be read again, and is the same event")
}
