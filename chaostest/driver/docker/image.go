package docker

import (
	"context"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// importImage makes an image from a root file system in tar form, with Dockerfile
// instructions such as `ENTRYPOINT ["/shop"]`. It needs no builder and no registry.
func (d *Driver) importImage(ctx context.Context, ref string, rootfs io.Reader, changes ...string) error {
	architecture, err := d.architecture(ctx)
	if err != nil {
		return err
	}
	options := client.ImageImportOptions{Changes: changes, Platform: ocispec.Platform{OS: "linux", Architecture: architecture}}
	result, err := d.client.ImageImport(ctx, client.ImageImportSource{Source: rootfs, SourceName: "-"}, ref, options)
	if err != nil {
		return fmt.Errorf("import image %s: %w", ref, err)
	}
	defer func() { _ = result.Close() }()
	// The daemon works while its answer is read.
	if _, err := io.Copy(io.Discard, result); err != nil {
		return fmt.Errorf("import image %s: %w", ref, err)
	}
	_, err = d.client.ImageInspect(ctx, ref)
	switch {
	case errdefs.IsNotFound(err):
		return fmt.Errorf("import image %s: the daemon accepted it but does not have it: is its disk full?", ref)
	case err != nil:
		return fmt.Errorf("inspect image %s: %w", ref, err)
	}
	return nil
}

// architecture is the daemon's as Go names it: amd64, arm64. It is asked for once.
func (d *Driver) architecture(ctx context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.arch == "" {
		version, err := d.client.ServerVersion(ctx, client.ServerVersionOptions{})
		if err != nil {
			return "", fmt.Errorf("ask the Docker Engine for its version: %w", err)
		}
		d.arch = version.Arch
	}
	return d.arch, nil
}
