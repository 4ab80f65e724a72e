package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sources lists what may change between two builds. Files are go.mod, go.sum and the like;
// they also fix everything that comes from the module cache. Dirs are the directories of
// packages outside that cache, such as those of a checkout or a local replacement.
type sources struct {
	Files []string
	Dirs  []string
}

// fingerprint is a hash of the names and the contents of all sources. It covers files that
// do not exist too, but no tests.
func (s sources) fingerprint() (string, error) {
	hash := sha256.New()
	add := func(path string) error {
		content, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(hash, "%q missing\n", path)
			return nil
		case err != nil:
			return err
		}
		fmt.Fprintf(hash, "%q %x\n", path, sha256.Sum256(content))
		return nil
	}
	for _, path := range s.Files {
		if err := add(path); err != nil {
			return "", err
		}
	}
	for _, dir := range s.Dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return "", err
		}
		for _, entry := range entries {
			if entry.IsDir() || strings.HasSuffix(entry.Name(), "_test.go") {
				continue
			}
			if err := add(filepath.Join(dir, entry.Name())); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// listedPackage is a package as `go list -json` prints it.
type listedPackage struct {
	Dir           string
	Standard      bool
	EmbedPatterns []string
	Module        *listedModule
}

type listedModule struct{ GoMod string }

// sources asks the toolchain what goes into the program. known is false if something else
// may go into it that only the toolchain sees.
func (b builder) sources(ctx context.Context, s settings) (found sources, known bool, err error) {
	output, err := b.toolchain(ctx, s, "env", "-json", "GOFLAGS", "GOMODCACHE", "GOMOD", "GOWORK")
	if err != nil {
		return found, false, err
	}
	var env struct{ GOFLAGS, GOMODCACHE, GOMOD, GOWORK string }
	if err := json.Unmarshal(output, &env); err != nil {
		return found, false, fmt.Errorf("read go env: %w", err)
	}
	if env.GOWORK == "off" {
		env.GOWORK = ""
	}
	// Flags may name other module files and overlays. If the toolchain has found other
	// modules than settings, it has followed a rule that settings does not know.
	known = !strings.Contains(env.GOFLAGS, "-modfile") && !strings.Contains(env.GOFLAGS, "-overlay") &&
		env.GOMOD == s.Module && env.GOWORK == s.Workspace
	files := map[string]bool{}
	module := func(goMod string) {
		if goMod != "" && goMod != os.DevNull && !within(goMod, env.GOMODCACHE) {
			dir := filepath.Dir(goMod)
			files[goMod], files[filepath.Join(dir, "go.sum")], files[filepath.Join(dir, "vendor", "modules.txt")] = true, true, true
		}
	}
	module(env.GOMOD)
	if env.GOWORK != "" {
		files[env.GOWORK], files[env.GOWORK+".sum"] = true, true
		files[filepath.Join(filepath.Dir(env.GOWORK), "vendor", "modules.txt")] = true
	}
	mains, err := list[listedModule](ctx, b, s, "-m", "-json=GoMod")
	if err != nil {
		return found, false, err
	}
	for _, m := range mains {
		module(m.GoMod)
	}
	packages, err := list[listedPackage](ctx, b, s, "-deps", "-json=Dir,Standard,EmbedPatterns,Module", b.program)
	if err != nil {
		return found, false, err
	}
	for _, p := range packages {
		if p.Standard || within(p.Dir, env.GOMODCACHE) {
			continue
		}
		found.Dirs = append(found.Dirs, p.Dir)
		known = known && len(p.EmbedPatterns) == 0
		if p.Module != nil {
			module(p.Module.GoMod)
		}
	}
	for path := range files {
		found.Files = append(found.Files, path)
	}
	slices.Sort(found.Files)
	slices.Sort(found.Dirs)
	return found, known, nil
}

// list reads the stream of values that `go list` prints.
func list[V any](ctx context.Context, b builder, s settings, args ...string) ([]V, error) {
	output, err := b.toolchain(ctx, s, append([]string{"list"}, args...)...)
	if err != nil {
		return nil, err
	}
	var all []V
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var v V
		switch err := decoder.Decode(&v); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("read go list: %w", err)
		}
		all = append(all, v)
	}
}

func within(path, dir string) bool {
	return dir != "" && strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}
