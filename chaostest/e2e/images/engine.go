package images

import (
	"context"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/testcontainers/testcontainers-go"
)

// engine is the Docker Engine that testcontainers-go finds.
type engine struct {
	client       *testcontainers.DockerClient
	architecture string // as Go names it: amd64, arm64
}

// withEngine connects to the engine, calls do, and closes the connection.
func withEngine(ctx context.Context, do func(engine) error) error {
	connected, err := testcontainers.NewDockerClientWithOpts(ctx)
	if err != nil {
		return fmt.Errorf("connect to the Docker Engine: %w: start Docker, or point DOCKER_HOST at a running one", err)
	}
	defer func() { _ = connected.Close() }()
	version, err := connected.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return fmt.Errorf("ask the Docker Engine for its version: %w", err)
	}
	return do(engine{connected, version.Arch})
}

// has reports whether the engine has the image.
func (e engine) has(ctx context.Context, ref string) (bool, error) {
	_, err := e.client.ImageInspect(ctx, ref)
	switch {
	case err == nil:
		return true, nil
	case errdefs.IsNotFound(err):
		return false, nil
	}
	return false, fmt.Errorf("inspect image %s: %w", ref, err)
}

// pull fetches an image from its registry.
func (e engine) pull(ctx context.Context, ref string) error {
	response, err := e.client.ImagePull(ctx, ref, client.ImagePullOptions{})
	if err != nil {
		return fmt.Errorf("pull image %s: %w", ref, err)
	}
	defer func() { _ = response.Close() }()
	if err := response.Wait(ctx); err != nil {
		return fmt.Errorf("pull image %s: %w", ref, err)
	}
	return nil
}

// load makes an image from a root file system in tar form, with Dockerfile
// instructions such as `ENTRYPOINT ["/shop"]`. It needs no builder and no registry.
func (e engine) load(ctx context.Context, ref string, rootfs io.Reader, changes []string) error {
	options := client.ImageImportOptions{Changes: changes, Platform: ocispec.Platform{OS: "linux", Architecture: e.architecture}}
	result, err := e.client.ImageImport(ctx, client.ImageImportSource{Source: rootfs, SourceName: "-"}, ref, options)
	if err != nil {
		return fmt.Errorf("import image %s: %w", ref, err)
	}
	defer func() { _ = result.Close() }()
	// The daemon works while its answer is read.
	if _, err := io.Copy(io.Discard, result); err != nil {
		return fmt.Errorf("import image %s: %w", ref, err)
	}
	there, err := e.has(ctx, ref)
	if err == nil && !there {
		err = fmt.Errorf("import image %s: the daemon accepted it but does not have it: is its disk full?", ref)
	}
	return err
}
