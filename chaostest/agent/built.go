package agent

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// built is a binary and what it was built from. It is remembered in a file beside
// the binary, one for each settings.
type built struct {
	Sources sources
	// Fingerprint is the sources' when they were built.
	Fingerprint string
	// Digest is the SHA-256 of the binary, which also names it.
	Digest string
}

func (b builder) path(of built) string { return filepath.Join(b.cache, binaryPrefix+of.Digest) }

func (b builder) memory(s settings) string {
	return filepath.Join(b.cache, memoryPrefix+s.name()+".json")
}

// binaryPrefix and memoryPrefix begin the names of files in the cache.
const (
	binaryPrefix = "chaosgate-agent-"
	memoryPrefix = "built-"
)

// upToDate is what was built with these settings, if the binary is there and its
// sources are as they were.
func (b builder) upToDate(s settings) (built, bool) {
	data, err := os.ReadFile(b.memory(s))
	if err != nil {
		return built{}, false
	}
	var found built
	if json.Unmarshal(data, &found) != nil || found.Digest == "" {
		return built{}, false
	}
	if _, err := os.Stat(b.path(found)); err != nil {
		return built{}, false
	}
	now, err := found.Sources.fingerprint()
	return found, err == nil && now == found.Fingerprint
}

func (b builder) remember(s settings, result built) error {
	data, err := json.Marshal(result)
	if err != nil {
		return err
	}
	// Those who look meanwhile see the old file or the new one.
	fresh := b.memory(s) + ".new"
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, b.memory(s))
}

// kept is how many binaries, and memories of them, stay in the cache.
const kept = 10

// prune removes the oldest binaries and memories. What cannot be removed stays.
func (b builder) prune() {
	for _, prefix := range []string{binaryPrefix, memoryPrefix} {
		files, err := filepath.Glob(filepath.Join(b.cache, prefix+"*"))
		if err != nil || len(files) <= kept {
			continue
		}
		age := map[string]int64{}
		for _, file := range files {
			if info, err := os.Stat(file); err == nil {
				age[file] = info.ModTime().UnixNano()
			}
		}
		slices.SortFunc(files, func(a, b string) int { return cmp.Compare(age[b], age[a]) })
		for _, file := range files[kept:] {
			_ = os.Remove(file)
		}
	}
}

func digestOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
