package docker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/gomega"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// podmanServer answers as Podman's service does, whose log has these events. The container
// abc is being stopped. If slow is not nil, it takes a value from
// there when it is asked for its clock, and answers once slow is closed.
func podmanServer(t *testing.T, log string, slow <-chan struct{}) *Driver {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch _, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
		case strings.HasSuffix(r.URL.Path, "_ping"):
			w.Header().Set("Api-Version", "1.41")
			w.Header().Set("Libpod-API-Version", "4.3.1")
		case path == "info":
			if slow != nil {
				<-slow // it is asked
				<-slow
			}
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
	d := podmanServer(t, log.String(), nil)
	g.Expect(d.Events(t.Context(), began.Add(time.Millisecond), time.Now(), func(e driver.Event) { kinds = append(kinds, e.Kind) })).To(Succeed())
	g.Expect(kinds).To(Equal([]driver.EventKind{driver.EventEnded, driver.EventSignalled, driver.EventRemoved}),
		"it was started before, and stopped")
}

func TestAnErrorInPodmansLogIsNotItsEnd(t *testing.T) {
	g := NewWithT(t)
	d := podmanServer(t, `{"Type": "container"}{"cause": `, nil)
	g.Expect(d.Events(t.Context(), time.Now(), time.Now(), func(driver.Event) {})).To(MatchError(ContainSubstring("read the engine's events: ")))
}

func TestAStopOnPodmanIsHeardBeforeTheEnd(t *testing.T) {
	g := NewWithT(t)
	d := podmanServer(t, "", nil)
	d.watch(t.Context(), "abc")
	g.Expect(d.stops.removesItself("abc")).To(BeFalse(), "before anything is heard, because it may be gone by then")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	since := time.Now()
	var heard []driver.Event
	g.Expect(d.Events(ctx, since, time.Time{}, func(e driver.Event) {
		heard = append(heard, e)
		cancel()
	})).To(MatchError(context.Canceled))
	g.Expect(heard).To(ConsistOf(And(HaveField("ID", "abc"), HaveField("Kind", driver.EventSignalled), HaveField("Stops", true))))

	var again []driver.Event
	g.Expect(d.Events(t.Context(), since, time.Now(), func(e driver.Event) { again = append(again, e) })).To(Succeed())
	g.Expect(again).To(Equal(heard), "what was seen can be read again, and is the same event")
}

func TestWhileTheClockIsAskedNobodyWaits(t *testing.T) {
	g := NewWithT(t)
	slow := make(chan struct{})
	d := podmanServer(t, "", slow)
	here := true
	d.here = &here
	var asking sync.WaitGroup
	asking.Go(func() { _, _ = d.clock(t.Context()) })
	slow <- struct{}{}
	others := make(chan bool, 2)
	asking.Go(func() {
		others <- d.isPodman(t.Context())
		others <- d.onThisMachine(t.Context())
	})
	g.Eventually(others).Should(HaveLen(2))
	close(slow)
	asking.Wait()
	g.Expect(d.ahead).NotTo(BeNil())
}
