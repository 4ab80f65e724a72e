// Package docker is the driver for Docker Engines, from 20.10 (API 1.40) on. No
// other package of the library imports testcontainers-go or the Docker client.
package docker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// OwnLabel marks every container that chaosgate itself starts; its value says
// what the container is for.
const OwnLabel = "org.chaosgate.role"

// answerWithin bounds the first question to the daemon: one that does not
// answer must not hang a suite.
const answerWithin = 15 * time.Second

// Driver runs targets on the Docker Engine that testcontainers-go finds: by
// DOCKER_HOST, the Docker context, or the usual sockets.
type Driver struct {
	client *testcontainers.DockerClient

	hostOnce sync.Once
	host     string
	hostErr  error

	mu   sync.Mutex
	arch string // the daemon's, once it was asked for
	here *bool  // whether the engine is that of this machine; nil before it was asked
	// podman says whether the engine is Podman's service; nil before it was asked.
	podman *bool

	clockMu sync.Mutex
	ahead   *time.Duration // how much the engine's clock is ahead, once it was asked

	stops podmanStops
}

var _ driver.Driver = (*Driver)(nil)

// New connects to the Docker Engine.
func New(ctx context.Context) (*Driver, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	cli, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return nil, unreachable(err)
	}
	if _, err := cli.Ping(ctx, client.PingOptions{}); err != nil {
		_ = cli.Close()
		return nil, unreachable(err)
	}
	d := &Driver{client: cli}
	if d.isPodman(ctx) {
		_, _ = d.clock(ctx) // now, because the first events under a fault must not wait for it; else it is asked again
	}
	return d, nil
}

// Close closes the connection to the daemon. Connect makes a new one then.
func (d *Driver) Close() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.driver == d {
		shared.driver = nil
	}
	return d.client.Close()
}

// shared is the driver of Connect.
var shared struct {
	mu     sync.Mutex
	driver *Driver
}

// Connect returns the driver that all tests of this process share:
//
//	s := scope.New(t, docker.Connect)
func Connect(ctx context.Context) (driver.Driver, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.driver == nil {
		d, err := New(ctx)
		if err != nil {
			return nil, err
		}
		shared.driver = d
	}
	return shared.driver, nil
}

func unreachable(err error) error {
	return fmt.Errorf("connect to the Docker Engine: %w: %w: start Docker, or point DOCKER_HOST at a running one", driver.ErrUnreachable, err)
}

// daemonHost is the host on which published ports answer.
func (d *Driver) daemonHost(ctx context.Context) (string, error) {
	d.hostOnce.Do(func() {
		provider, err := testcontainers.NewDockerProvider()
		if err != nil {
			d.hostErr = unreachable(err)
			return
		}
		defer func() { _ = provider.Close() }()
		d.host, d.hostErr = provider.DaemonHost(ctx)
		if d.host == "localhost" {
			// A published port has an IPv4 and an IPv6 number that may differ, and
			// localhost may be either.
			d.host = "127.0.0.1"
		}
	})
	return d.host, d.hostErr
}
