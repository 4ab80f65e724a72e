package docker

import (
	"context"
	"fmt"

	"github.com/testcontainers/testcontainers-go"

	"github.com/chaosgate/chaosgate/chaostest/driver"
)

// Option is an option of testcontainers.Run.
type Option = testcontainers.ContainerCustomizer

// started is a container that this process started and will remove.
type started struct {
	*target
	testcontainer *testcontainers.DockerContainer
}

// Testcontainer is the testcontainers-go container of a target that was started from an
// Image. It gives access to files and logs, and can stop the container. For any other
// target it is nil:
//
//	docker.Testcontainer(shop.Target).Stop(ctx, nil)
func Testcontainer(target driver.Target) *testcontainers.DockerContainer {
	if s, ok := target.(*started); ok {
		return s.testcontainer
	}
	return nil
}

// ImageRun is an image to start a container from. It comes from Image.
type ImageRun struct {
	image   string
	options []Option
}

// Image is an image to run, with the options of testcontainers.Run. The container's name
// in reports is its first network alias, the name that it was given, or the name of its
// image.
func Image(ref string, options ...Option) ImageRun { return ImageRun{ref, options} }

var (
	_ driver.Starter = ImageRun{}
	_ driver.Imaged  = ImageRun{}
)

// Image is the image's reference.
func (i ImageRun) Image() string { return i.image }

// WithImage is the same with another image.
func (i ImageRun) WithImage(ref string) driver.Starter { return ImageRun{ref, i.options} }

// String is the image's reference.
func (i ImageRun) String() string { return i.image }

// Start starts a container on a Docker driver. If that fails, the error has the end of what
// testcontainers said, and of the container's log.
func (i ImageRun) Start(ctx context.Context, on driver.Driver) (driver.Started, error) {
	d, ok := on.(*Driver)
	if !ok {
		return nil, fmt.Errorf("run image %s: the driver is a %T and not for Docker: connect with docker.Connect", i, on)
	}
	var name, own string
	named := testcontainers.CustomizeRequestOption(func(request *testcontainers.GenericContainerRequest) error {
		name, own = requestedName(request), request.Name
		return nil
	})
	var said progress
	all := append([]Option{testcontainers.WithLogger(&said)}, i.options...)
	container, err := testcontainers.Run(ctx, i.image, append(all, named)...)
	if container == nil || container.GetContainerID() == "" {
		return nil, fmt.Errorf("run image %s: %w%s", i, err, said.end())
	}
	d.watch(ctx, container.GetContainerID())
	started := &started{
		target:        &target{driver: d, name: name, own: own, id: container.GetContainerID()},
		testcontainer: container,
	}
	if err != nil {
		err = fmt.Errorf("run image %s as %s: %w%s", i, name, err, said.end()+started.logEnd(ctx))
	}
	return started, err
}

// Remove stops the container at once and removes it with its volumes.
func (s *started) Remove(ctx context.Context) error {
	if err := testcontainers.TerminateContainer(s.testcontainer,
		testcontainers.StopContext(ctx), testcontainers.StopTimeout(0)); err != nil {
		return fmt.Errorf("remove container %s: %w", s.name, err)
	}
	return nil
}
