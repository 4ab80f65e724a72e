package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// This file holds what Podman's service does otherwise than Docker's API says. It was seen
// with Podman 4.3.

// isPodman reports whether the engine is Podman's service. To ask for its version or for
// what it knows of its machine takes it up to a second, in which no probe may wait.
func (d *Driver) isPodman(ctx context.Context) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.podman == nil {
		response, err := d.get(ctx, "/_ping", nil)
		if err != nil {
			return false // asked again next time
		}
		_ = response.Body.Close()
		podman := response.Header.Get("Libpod-Api-Version") != ""
		d.podman = &podman
	}
	return *d.podman
}

// get asks the engine for what the client has no method or option for.
func (d *Driver) get(ctx context.Context, path string, query url.Values) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine"+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	dial := d.client.Dialer()
	transport := &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableKeepAlives: true,
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return response, nil
}

// podmanKinds are the events with names of Podman's. It matches filters with these names,
// and tells some events by Docker's name all the same.
var podmanKinds = map[events.Action]driver.EventKind{
	"died": driver.EventEnded, "remove": driver.EventRemoved, "cleanup": podmanCleanup,
	podmanStop: driver.EventSignalled, podmanRestart: driver.EventSignalled,
}

const (
	podmanStop events.Action = "stop"
	// podmanRestart comes before the signal if somebody restarts a container, and after the
	// container's end if its restart policy does.
	podmanRestart events.Action = "restart"
)

// podmanPast calls take for what Podman has in its log now. When it is asked for events
// until a time, it stops at that time wherever it is in its log, and tells a part or
// nothing. The client has no option for a stream that ends.
func (d *Driver) podmanPast(ctx context.Context, options client.EventsListOptions, take func(events.Message)) error {
	filters, err := json.Marshal(options.Filters)
	if err != nil {
		return err
	}
	response, err := d.get(ctx, "/v"+d.client.ClientVersion()+"/events",
		url.Values{"stream": {"false"}, "since": {options.Since}, "filters": {string(filters)}})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	for decoder := json.NewDecoder(response.Body); ; {
		var message events.Message
		switch err := decoder.Decode(&message); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		take(message)
	}
}

// isNotFound reports whether an error says that there is no such container. While a
// container is being removed, Podman says so in words alone.
func isNotFound(err error) bool {
	return errdefs.IsNotFound(err) || err != nil && errdefs.IsInternal(err) && strings.Contains(err.Error(), "no such container")
}

// exitCode is the exit code of an event. Podman has another name for it, too.
func exitCode(m events.Message) int {
	for _, name := range []string{"exitCode", "containerExitCode"} {
		if n, err := strconv.Atoi(m.Actor.Attributes[name]); err == nil {
			return n
		}
	}
	return 0
}
