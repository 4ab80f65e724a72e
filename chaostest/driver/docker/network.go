package docker

import (
	"context"
	"errors"
	"fmt"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/network"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// NetworkOption is an option of testcontainers' network.New.
type NetworkOption = network.NetworkCustomizer

// Network is a network that was made for a test.
type Network struct {
	network *testcontainers.DockerNetwork
}

// Bridge says how to make a bridge network with a random name. Its options are
// those of testcontainers' network.New.
func Bridge(options ...NetworkOption) func(context.Context, driver.Driver) (*Network, error) {
	return func(ctx context.Context, on driver.Driver) (*Network, error) {
		if _, ok := on.(*Driver); !ok {
			return nil, fmt.Errorf("make network: the driver is a %T and not for Docker: connect with docker.Connect", on)
		}
		made, err := network.New(ctx, options...)
		if err != nil {
			return nil, fmt.Errorf("make network: %w", err)
		}
		return &Network{network: made}, nil
	}
}

// As attaches a container to the network under the aliases. Reports use the first one
// as the container's name.
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
