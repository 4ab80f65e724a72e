package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// Above this rate a load first measures whether this process can hold it, because a
// generator at its limit makes a healthy service look broken. The measurement takes
// trialTime, and what a rate has shown is remembered.
const (
	alwaysHeld = Rate(500)
	trialTime  = 300 * time.Millisecond
)

// capacity remembers the highest rate that this process has held, for new connections and
// for kept ones.
var capacity struct {
	mu   sync.Mutex
	held map[bool]Rate
}

// checkRate returns an error if this process cannot take looks at the rate, of all probes
// together. It looks at a server of its own that does nothing, so that only the generator
// and this machine are measured. Probes that do not look from this process are not tried.
func checkRate(ctx context.Context, probes []Probe, rate Rate) error {
	keepAlive, tried := true, false
	for _, p := range probes {
		switch p := p.(type) {
		case *HTTPProbe:
			tried = tried || p.endpoint.client == nil
			keepAlive = keepAlive && p.request.KeepAlive
		case *TCPProbe:
			tried = tried || p.endpoint.client == nil
			keepAlive = false
		}
	}
	if !tried || rate <= alwaysHeld {
		return nil
	}
	capacity.mu.Lock()
	defer capacity.mu.Unlock()
	if rate <= capacity.held[keepAlive] {
		return nil
	}
	reached, late, err := trial(ctx, rate, keepAlive)
	if err == nil {
		err = late.check()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("at %s: this machine reaches about %.0f looks a second at a server that does nothing: %w", rate, reached, err)
	}
	if capacity.held == nil {
		capacity.held = map[bool]Rate{}
	}
	capacity.held[keepAlive] = rate
	return nil
}

// trial takes looks at the rate for trialTime. It returns how many a second came to an
// answer.
func trial(ctx context.Context, rate Rate, keepAlive bool) (reached float64, late *lateness, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, fmt.Errorf("try the rate: %w", err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { serveNothing(listener, &serving) })
	local := look.New(new(net.Dialer).DialContext, keepAlive)
	defer serving.Wait()
	defer local.CloseIdleConnections()
	defer listener.Close() //nolint:errcheck // it has been served

	outcomes, stop := make(chan outcome), make(chan struct{})
	probes := []Probe{trialProbe{local, listener.Addr().String(), keepAlive}}
	s := schedule{probes: probes, start: time.Now(), rate: rate, looks: max(int(float64(rate)*trialTime.Seconds()), 1)}
	go func() {
		defer close(outcomes)
		s.launch(ctx, stop, outcomes)
	}()
	late = &lateness{after: lateAfterInTrial}
	end := sync.OnceFunc(func() { close(stop) })
	for o := range outcomes {
		if o.err != nil {
			err = o.err
			end()
			continue
		}
		late.add(&o.Sample)
		if late.early() != nil {
			end()
		}
	}
	return float64(late.n) / time.Since(s.start).Seconds(), late, err
}

// trialProbe looks at the trial's server.
type trialProbe struct {
	local     *look.Looker
	address   string
	keepAlive bool
}

func (trialProbe) String() string { return "trial" }

func (t trialProbe) Sample(ctx context.Context) (Sample, error) {
	s := Sample{Time: time.Now()}
	a, err := t.local.Look(ctx, look.Request{
		Address: t.address, Timeout: 10 * time.Second,
		HTTP: &look.HTTPRequest{Method: http.MethodGet, Path: "/", KeepAlive: t.keepAlive},
	})
	s.Class, s.Detail, s.Latency = a.Class, a.Detail, a.Latency
	if err == nil && s.Class != OK {
		err = errors.New(s.Detail)
	}
	return s, err
}

// serveNothing answers HTTP requests with an empty body until the listener closes.
func serveNothing(listener net.Listener, serving *sync.WaitGroup) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		serving.Go(func() {
			defer connection.Close() //nolint:errcheck // the client has its answer, or has gone
			reader := bufio.NewReader(connection)
			for {
				request, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				_ = request.Body.Close()
				if _, err := connection.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")); err != nil || request.Close {
					return
				}
			}
		})
	}
}
