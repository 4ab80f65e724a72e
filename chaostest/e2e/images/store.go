package images

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// repository is the first part of the name of every image that is made here. No registry
// has that name, so Docker never tries to pull such an image.
const repository = "localhost/chaosgate/"

// lock gives the caller a directory of the user's cache until unlock is called.
func lock(name string) (dir string, unlock func(), err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", nil, fmt.Errorf("find the user's cache: %w: set XDG_CACHE_HOME", err)
	}
	dir = filepath.Join(cache, "chaosgate", "images", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, fmt.Errorf("make a cache for images: %w", err)
	}
	unlock, err = lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return "", nil, fmt.Errorf("lock the cache for images: %w", err)
	}
	return dir, unlock, nil
}

// loadOnce loads the image if the engine does not have it. Its tag is a digest of its
// content.
func (e engine) loadOnce(ctx context.Context, name, variant string, rootfs []byte, changes []string) (string, error) {
	ref := reference(name, variant, e.architecture, rootfs, changes)
	there, err := e.has(ctx, ref)
	if err != nil || there {
		return ref, err
	}
	return ref, e.load(ctx, ref, bytes.NewReader(rootfs), changes)
}

func reference(name, variant, architecture string, rootfs []byte, changes []string) string {
	hash := sha256.New()
	// Writing to a hash never fails.
	_, _ = fmt.Fprintf(hash, "%s %q %x", architecture, changes, sha256.Sum256(rootfs))
	tag := fmt.Sprintf("%.12x", hash.Sum(nil)[:6])
	if variant != "" {
		tag = variant + "-" + tag
	}
	return repository + name + ":" + tag
}
