package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"
)

// Option is an option of testcontainers.Run.
type Option = testcontainers.ContainerCustomizer

// NetworkOption is an option of testcontainers' network.New.
type NetworkOption = network.NetworkCustomizer

// Started is a container that this suite started and will remove.
type Started struct {
	*Container
	// Testcontainer is testcontainers-go's own view of it.
	Testcontainer *testcontainers.DockerContainer
}

// Run starts a container as testcontainers.Run does. It may return a container
// and an error: what was started must be removed either way. The name that
// reports use is the container's first network alias, else its image's name.
func (d *Driver) Run(ctx context.Context, image string, logger func(format string, args ...any), options ...Option) (*Started, error) {
	var name string
	named := testcontainers.CustomizeRequestOption(func(request *testcontainers.GenericContainerRequest) error {
		name = nameOf(request)
		return nil
	})
	all := append([]Option{testcontainers.WithLogger(printer(logger))}, options...)
	container, err := testcontainers.Run(ctx, image, append(all, named)...)
	if container == nil || container.GetContainerID() == "" {
		return nil, fmt.Errorf("run image %s: %w", image, err)
	}
	started := &Started{
		Container:     &Container{driver: d, name: name, id: container.GetContainerID()},
		Testcontainer: container,
	}
	if err != nil {
		err = fmt.Errorf("run image %s as %s: %w%s", image, name, err, started.lastWords(ctx))
	}
	return started, err
}

func nameOf(request *testcontainers.GenericContainerRequest) string {
	for _, n := range request.Networks {
		if aliases := request.NetworkAliases[n]; len(aliases) > 0 {
			return aliases[0]
		}
	}
	name := request.Image[strings.LastIndex(request.Image, "/")+1:]
	name, _, _ = strings.Cut(name, "@")
	name, _, _ = strings.Cut(name, ":")
	return name
}

// lastWords is the end of the log of a container that did not come up.
func (s *Started) lastWords(ctx context.Context) string {
	logs, err := s.Testcontainer.Logs(ctx)
	if err != nil {
		return ""
	}
	defer func() { _ = logs.Close() }()
	text, err := io.ReadAll(logs)
	if err != nil || len(text) == 0 {
		return ""
	}
	const keep = 2000
	if len(text) > keep {
		text = text[len(text)-keep:]
	}
	return "\nthe end of its log:\n" + string(text)
}

// Remove stops the container at once and removes it with its volumes.
func (s *Started) Remove(ctx context.Context) error {
	if err := testcontainers.TerminateContainer(s.Testcontainer,
		testcontainers.StopContext(ctx), testcontainers.StopTimeout(0)); err != nil {
		return fmt.Errorf("remove container %s: %w", s.name, err)
	}
	return nil
}

// Network is a network of this suite's own.
type Network struct {
	network *testcontainers.DockerNetwork
}

// NewNetwork makes a bridge network with a random name.
func (d *Driver) NewNetwork(ctx context.Context, options ...NetworkOption) (*Network, error) {
	made, err := network.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("make network: %w", err)
	}
	return &Network{network: made}, nil
}

// As attaches a container to the network under the given aliases, the first of
// which is the name that reports use.
func (n *Network) As(aliases ...string) Option {
	if len(aliases) == 0 {
		return testcontainers.CustomizeRequestOption(func(*testcontainers.GenericContainerRequest) error {
			return errors.New("network.As: needs a name by which the other containers find this one")
		})
	}
	return network.WithNetwork(aliases, n.network)
}

// Name is the network's name in the engine.
func (n *Network) Name() string { return n.network.Name }

// Remove removes the network.
func (n *Network) Remove(ctx context.Context) error {
	if err := n.network.Remove(ctx); err != nil {
		return fmt.Errorf("remove network %s: %w", n.network.Name, err)
	}
	return nil
}

type printer func(format string, args ...any)

// Printf hands testcontainers' lines to the spec's own output.
func (p printer) Printf(format string, args ...any) { p(format, args...) }
