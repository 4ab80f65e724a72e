package scope_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/driver/drivertest"
	"github.com/chaosgate/chaosgate/chaostest/probe"
	"github.com/chaosgate/chaosgate/chaostest/record"
	"github.com/chaosgate/chaosgate/chaostest/scope"
)

// serving is a running target of an image that answers on port 8080.
func serving(t *testing.T, name, image string, handler http.HandlerFunc) *drivertest.FakeTarget {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	target := drivertest.NewTarget(name, driver.State{Running: true, Image: image})
	target.Endpoints = map[string]string{"8080/tcp": strings.TrimPrefix(server.URL, "http://")}
	return target
}

func well(http.ResponseWriter, *http.Request) {}

func work(s probe.Service) probe.Probe { return probe.HTTP(s, "8080/tcp", "/work") }

// windows decodes the windows among a spec's report entries.
func windows(t *testing.T, s *spec) []record.Window {
	t.Helper()
	var all []record.Window
	for _, entry := range s.entries {
		if _, failure := entry.(record.Failure); failure {
			continue
		}
		encoded, err := json.Marshal(entry)
		if err != nil {
			t.Fatal(err)
		}
		w, err := record.Decode[record.Window](nil, string(encoded))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}

func noLeak(t *testing.T) {
	t.Helper()
	before := gleak.Goroutines()
	t.Cleanup(func() {
		NewWithT(t).Eventually(gleak.Goroutines).WithTimeout(10 * time.Second).ShouldNot(gleak.HaveLeaked(before))
	})
}

func TestAWatchLastsUntilTheSpecEnds(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	s, _, sc := newScope(t, serving(t, "shop", "", well))
	var stream *probe.Stream[*probe.Window]
	s.run(func() {
		// The context of a BeforeEach is over when the spec begins.
		ctx, cancel := context.WithCancel(t.Context())
		stream = scope.Watch(ctx, sc, work(sc.Attach(t.Context(), "shop")), scope.PerSecond(200))
		cancel()
		g.Eventually(stream.Window).WithTimeout(time.Minute).Should(HaveField("N()", BeNumerically(">=", 10)))
		seen, err := stream.Window()
		g.Expect(err).NotTo(HaveOccurred())
		seen.Judged("M", "o", func() record.Judgement { return record.Judgement{Outcome: record.Kept} })
		g.Expect(seen.Growing()).To(BeTrue())
	})
	g.Expect(s.failures).To(BeEmpty())
	whole, err := stream.Window()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(whole.Final()).To(BeTrue())
	reported := windows(t, s)
	g.Expect(reported).To(HaveLen(1))
	g.Expect(reported[0]).To(And(HaveField("Count", whole.N()), HaveField("Spec", s.name), HaveField("Judgements", HaveLen(1))))
}

// A baseline finds a window by its number.
func TestLoadsOfOneProbeAreNumbered(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, serving(t, "shop", "", well))
	s.run(func() {
		p := work(sc.Attach(t.Context(), "shop"))
		for range 2 {
			scope.Load(t.Context(), sc, p, scope.PerSecond(100), scope.For(20*time.Millisecond))
		}
		_, err := scope.Watch(t.Context(), sc, p, scope.PerSecond(100), scope.For(20*time.Millisecond)).Wait(t.Context())
		g.Expect(err).NotTo(HaveOccurred())
	})
	g.Expect(windows(t, s)).To(HaveExactElements(HaveField("Number", 1), HaveField("Number", 2), HaveField("Number", 3)))
}

func TestAWatchThatCannotLookIsAFailureOfTheTool(t *testing.T) {
	g := NewWithT(t)
	s, _, sc := newScope(t, serving(t, "shop", "", well))
	s.run(func() {
		stream := scope.Watch(t.Context(), sc, probe.Exec(sc.Attach(t.Context(), "shop")), scope.PerSecond(100))
		_, err := stream.Wait(t.Context())
		g.Expect(err).To(HaveOccurred())
		g.Expect(s.failures).To(BeEmpty(), "before the spec has ended")
	})
	g.Expect(s.failures).To(ConsistOf(ContainSubstring(`no command: write probe.Exec(service, "redis-cli", "ping")`)))
	g.Expect(s.causes()).To(ConsistOf(record.ToolFailure))
}

// The suite, not the tool, is to blame for a spec that runs out of time or uses the
// context of a node that has ended.
func TestALoadWithAnEndedContextFailsTheSpec(t *testing.T) {
	noLeak(t)
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the node has ended"))
	for name, c := range map[string]struct {
		ctx  context.Context
		load func(ctx context.Context, sc *scope.Scope, fleet *probe.Fleet, p probe.Probe)
		want string
	}{
		"load": {over, func(ctx context.Context, sc *scope.Scope, _ *probe.Fleet, p probe.Probe) {
			scope.Load(ctx, sc, p, scope.PerSecond(100), scope.For(time.Second))
		}, "load GET http://a:8080/work: the context had ended before the load began: the node has ended: use the context of the node that runs"},
		"load fleet": {over, func(ctx context.Context, sc *scope.Scope, fleet *probe.Fleet, _ probe.Probe) {
			scope.Load(ctx, sc, fleet, scope.PerSecond(100), scope.For(time.Second))
		}, "load fleet of 2: GET http://{a,b}:8080/work: the context had ended before the load began: the node has ended: use the context of the node that runs"},
		"watch": {over, func(ctx context.Context, sc *scope.Scope, _ *probe.Fleet, p probe.Probe) {
			scope.Watch(ctx, sc, p, scope.PerSecond(100))
		}, "watch GET http://a:8080/work: the context had ended before the load began: the node has ended: use the context of the node that runs"},
		"watch fleet": {over, func(ctx context.Context, sc *scope.Scope, fleet *probe.Fleet, _ probe.Probe) {
			scope.Watch(ctx, sc, fleet, scope.PerSecond(100))
		}, "watch fleet of 2: GET http://{a,b}:8080/work: the context had ended before the load began: the node has ended: use the context of the node that runs"},
		"watch, when the context ends as it begins": {t.Context(), func(ctx context.Context, sc *scope.Scope, _ *probe.Fleet, p probe.Probe) {
			scope.Watch(endedBy(ctx, &p, nil), sc, p, scope.PerSecond(100))
		}, "watch GET http://a:8080/work: the context had ended before the load began: the spec timed out: use the context of the node that runs"},
	} {
		s, _, sc := newScope(t, serving(t, "a", "", well), serving(t, "b", "", well))
		s.run(func() {
			a, b := sc.Attach(t.Context(), "a"), sc.Attach(t.Context(), "b")
			c.load(c.ctx, sc, probe.FleetOf(work, a, b), work(a))
		})
		if len(s.failures) != 1 || s.failures[0] != c.want || len(s.causes()) != 0 {
			t.Errorf("%s: failures %q, causes %q, want\n%s", name, s.failures, s.causes(), c.want)
		}
	}
}

// A load that never began has measured nothing, for example if Docker does not answer
// until the spec has timed out.
func TestALoadThatCannotBeginIsAFailureOfTheTool(t *testing.T) {
	noLeak(t)
	silent := errors.New("inspect container shop: the Docker daemon does not answer")
	for name, load := range map[string]func(ctx context.Context, sc *scope.Scope, p probe.Probe){
		"load": func(ctx context.Context, sc *scope.Scope, p probe.Probe) {
			scope.Load(endedBy(ctx, &p, silent), sc, p, scope.PerSecond(100), scope.For(time.Second))
		},
		"watch": func(ctx context.Context, sc *scope.Scope, p probe.Probe) {
			scope.Watch(endedBy(ctx, &p, silent), sc, p, scope.PerSecond(100))
		},
	} {
		s, _, sc := newScope(t, serving(t, "a", "", well))
		s.run(func() { load(t.Context(), sc, work(sc.Attach(t.Context(), "a"))) })
		if len(s.failures) != 1 || !strings.Contains(s.failures[0], silent.Error()) || len(s.causes()) != 1 || s.causes()[0] != record.ToolFailure {
			t.Errorf("%s: failures %q, causes %q", name, s.failures, s.causes())
		}
	}
}

// endedBy is a context that ends while the probe prepares. Then Prepare returns failure.
func endedBy(ctx context.Context, p *probe.Probe, failure error) context.Context {
	ctx, end := context.WithCancelCause(ctx)
	*p = ending{*p, end, failure}
	return ctx
}

type ending struct {
	probe.Probe
	end     context.CancelCauseFunc
	failure error
}

func (e ending) Prepare(ctx context.Context) error {
	e.end(errors.New("the spec timed out"))
	<-ctx.Done()
	return e.failure
}

func TestAFleetIsLoadedAndWatched(t *testing.T) {
	noLeak(t)
	g := NewWithT(t)
	s, _, sc := newScope(t, serving(t, "a", "sha256:1", well), serving(t, "b", "sha256:2", well))
	var watched *probe.Stream[*probe.FleetWindow]
	s.run(func() {
		fleet := probe.FleetOf(work, sc.Attach(t.Context(), "a"), sc.Attach(t.Context(), "b"))
		watched = scope.Watch(t.Context(), sc, fleet.Windows(50*time.Millisecond), scope.PerSecond(100))
		loaded := scope.Load(t.Context(), sc, fleet.Windows(100*time.Millisecond), scope.PerSecond(50), scope.For(200*time.Millisecond))
		g.Expect(loaded).To(And(HaveField("N()", 10), HaveField("Spans()", 2), HaveField("Final()", true)))
		g.Expect(loaded.Members()).To(HaveExactElements(HaveField("Image", "sha256:1"), HaveField("Image", "sha256:2")))
		g.Eventually(watched.Window).WithTimeout(time.Minute).Should(HaveField("Spans()", BeNumerically(">=", 3)))
	})
	g.Expect(s.failures).To(BeEmpty())
	whole, err := watched.Window()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(windows(t, s)).To(HaveExactElements(
		And(HaveField("Count", 2*whole.N()), HaveField("Members", HaveLen(2)), HaveField("Probe", "fleet of 2: GET http://{a,b}:8080/work")),
		And(HaveField("Count", 20), HaveField("Members", HaveLen(2))),
	))
}

func TestALoadWritesItsProgressToTheEvents(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events")
	g.Expect(os.WriteFile(path, nil, 0o600)).To(Succeed())
	t.Setenv(record.EventsVariable, path)
	s, _, sc := newScope(t, serving(t, "a", "", well), serving(t, "b", "", well))
	s.run(func() {
		fleet := probe.FleetOf(work, sc.Attach(t.Context(), "a"), sc.Attach(t.Context(), "b"))
		scope.Load(t.Context(), sc, fleet, scope.PerSecond(20), scope.For(1200*time.Millisecond))
	})
	g.Expect(s.failures).To(BeEmpty())
	lines, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	var counts []int
	for line := range strings.Lines(string(lines)) {
		event, err := record.Decode[record.Event](nil, line)
		g.Expect(err).NotTo(HaveOccurred())
		if event.Window != nil {
			g.Expect(event.Window.Members).To(HaveLen(2))
			counts = append(counts, event.Window.Count)
		}
	}
	g.Expect(len(counts)).To(BeNumerically(">=", 2), "some progress, and the end")
	g.Expect(slices.IsSorted(counts)).To(BeTrue())
	g.Expect(counts[0]).To(BeNumerically(">", 0))
	g.Expect(counts[len(counts)-1]).To(Equal(48))
}

func TestBadLoadsAreRefused(t *testing.T) {
	shop := serving(t, "shop", "", well)
	for want, load := range map[string]func(sc *scope.Scope, p probe.Probe){
		"load: nothing to look at: make a probe with probe.HTTP, probe.TCP or probe.Exec, or a fleet of them with probe.FleetOf": func(sc *scope.Scope, _ probe.Probe) {
			scope.Load(t.Context(), sc, probe.Probe(nil), scope.PerSecond(1), scope.For(time.Second))
		},
		"watch: nothing to look at: the *probe.HTTPProbe is nil: make it first, with probe.HTTP, probe.TCP, probe.Exec or probe.FleetOf": func(sc *scope.Scope, _ probe.Probe) {
			var none *probe.HTTPProbe
			scope.Watch(t.Context(), sc, none, scope.PerSecond(1))
		},
		"watch: nothing to look at: the *probe.Fleet is nil: make it first, with probe.HTTP, probe.TCP, probe.Exec or probe.FleetOf": func(sc *scope.Scope, _ probe.Probe) {
			var none *probe.Fleet
			scope.Watch(t.Context(), sc, none, scope.PerSecond(1))
		},
		"watch: For(0s): must be above 0: leave For out to watch until the test ends": func(sc *scope.Scope, p probe.Probe) {
			scope.Watch(t.Context(), sc, p, scope.PerSecond(1), scope.For(0))
		},
		"watch: there is more than one For: say it once": func(sc *scope.Scope, p probe.Probe) {
			scope.Watch(t.Context(), sc, p, scope.PerSecond(1), scope.For(time.Second), scope.For(time.Minute))
		},
		"load: GET http://shop:8080/work for 0s: the duration must be above 0": func(sc *scope.Scope, p probe.Probe) {
			scope.Load(t.Context(), sc, p, scope.PerSecond(1), scope.For(0))
		},
		"load: GET http://shop:8080/work at 0/s: the rate must be above 0 and at most 10000/s": func(sc *scope.Scope, p probe.Probe) {
			scope.Load(t.Context(), sc, p, scope.PerSecond(0), scope.For(time.Second))
		},
		"load: windows of 1h0m0s in a load of 200ms: none would be complete: make them narrower or load for longer": func(sc *scope.Scope, _ probe.Probe) {
			fleet := probe.FleetOf(work, sc.Attach(t.Context(), "shop"), sc.Attach(t.Context(), "bank"))
			scope.Load(t.Context(), sc, fleet.Windows(time.Hour), scope.PerSecond(20), scope.For(200*time.Millisecond))
		},
		"load: a fleet of 1: give it 2 members or more": func(sc *scope.Scope, _ probe.Probe) {
			scope.Load(t.Context(), sc, probe.FleetOf(work, sc.Attach(t.Context(), "shop")), scope.PerSecond(1), scope.For(time.Second))
		},
	} {
		s, _, sc := newScope(t, shop, serving(t, "bank", "", well))
		s.run(func() { load(sc, work(sc.Attach(t.Context(), "shop"))) })
		if len(s.failures) != 1 || s.failures[0] != want || len(s.causes()) != 1 {
			t.Errorf("failures %q, causes %q, want\n%s", s.failures, s.causes(), want)
		}
	}
}
