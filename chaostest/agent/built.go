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

// built is a binary and its sources. A file beside the binary holds it; there is one such
// file for each settings.
type built struct {
	Sources sources
	// Fingerprint is the fingerprint of the sources at the time of the build.
	Fingerprint string
	// Digest is the SHA-256 of the binary. The name of the binary ends with it.
	Digest string
}

func (b builder) path(result built) string {
	return filepath.Join(b.cache, binaryPrefix+result.Digest)
}

// summary is the path of the file that holds what was built with the settings.
func (b builder) summary(s settings) string {
	return filepath.Join(b.cache, summaryPrefix+s.name()+".json")
}

// The names of binaries and of their summaries in the cache begin with these.
const (
	binaryPrefix  = "chaosgate-agent-"
	summaryPrefix = "built-"
)

// upToDate is the last build with these settings, if its binary exists and its sources
// have not changed.
func (b builder) upToDate(s settings) (built, bool) {
	data, err := os.ReadFile(b.summary(s))
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
	// A rename is atomic: a reader sees the old file or the new one.
	fresh := b.summary(s) + ".new"
	if err := os.WriteFile(fresh, data, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, b.summary(s))
}

// keptFiles is how many binaries, and how many summaries, stay in the cache.
const keptFiles = 10

// prune removes the oldest binaries and summaries. It ignores errors: a file that cannot
// be removed stays.
func (b builder) prune() {
	for _, prefix := range []string{binaryPrefix, summaryPrefix} {
		files, err := filepath.Glob(filepath.Join(b.cache, prefix+"*"))
		if err != nil || len(files) <= keptFiles {
			continue
		}
		age := map[string]int64{}
		for _, file := range files {
			if info, err := os.Stat(file); err == nil {
				age[file] = info.ModTime().UnixNano()
			}
		}
		slices.SortFunc(files, func(a, b string) int { return cmp.Compare(age[b], age[a]) })
		for _, file := range files[keptFiles:] {
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
