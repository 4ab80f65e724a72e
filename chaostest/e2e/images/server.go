package images

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// registryWithin is how long a registry may take before Debian's packages are
// used instead.
const registryWithin = 20 * time.Second

// server is a program of another project: pulled where a registry answers, else
// made of Debian packages.
type server struct {
	name     string
	pulled   string
	packages []string
	programs []string
	files    map[string]string
	changes  []string
}

func (s server) image(ctx context.Context) (ref string, err error) {
	err = withEngine(ctx, func(e engine) error {
		ref, err = s.find(ctx, e)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("get an image of %s: %w", s.name, err)
	}
	return ref, nil
}

// find returns an image that is there already, or pulls or makes one.
func (s server) find(ctx context.Context, e engine) (string, error) {
	if there, err := e.has(ctx, s.pulled); err != nil || there {
		return s.pulled, err
	}
	dir, unlock, err := lock(s.name + "-" + e.architecture)
	if err != nil {
		return "", err
	}
	defer unlock()

	kept := filepath.Join(dir, s.recipe()+".tar")
	rootfs, err := os.ReadFile(kept)
	if errors.Is(err, os.ErrNotExist) {
		pullErr := s.pull(ctx, e, registryWithin)
		if pullErr == nil {
			return s.pulled, nil
		}
		rootfs, err = s.debian(ctx, e.architecture)
		if errors.Is(err, errNoDebian) {
			// Only the registry is left, so it gets all the time that the caller has.
			if pullErr = s.pull(ctx, e, 0); pullErr == nil {
				return s.pulled, nil
			}
		}
		if err != nil {
			return "", fmt.Errorf("%w; %w: run `docker pull %s` where a registry answers", pullErr, err, s.pulled)
		}
		err = writeWhole(kept, rootfs)
	}
	if err != nil {
		return "", fmt.Errorf("keep the root file system: %w", err)
	}
	return e.loadOnce(ctx, s.name, "", rootfs, s.changes)
}

func (s server) pull(ctx context.Context, e engine, within time.Duration) error {
	if within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	return e.pull(ctx, s.pulled)
}

// recipe is a name for what the root file system is made from.
func (s server) recipe() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", s.packages, s.programs, s.files))
	return fmt.Sprintf("%x", sum[:6])
}

// writeWhole writes the whole file or none: half a file would stay in the cache for ever.
func writeWhole(name string, content []byte) error {
	part := name + ".part"
	if err := os.WriteFile(part, content, 0o644); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return os.Rename(part, name)
}
