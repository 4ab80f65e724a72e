package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// program is the import path of the agent's program.
const program = "github.com/chaosgate/chaosgate/chaostest/agent/cmd/chaosgate-agent"

// Build builds the agent for Linux on "amd64" or "arm64". It uses the caller's Go
// toolchain, and the version of this module in the caller's go.mod. It returns the path
// of the binary and its SHA-256.
//
// The toolchain runs only if a source of the binary has changed since the last build.
// Build compares the contents of the sources to find out, which takes milliseconds.
func Build(ctx context.Context, architecture string) (binary, digest string, err error) {
	if !slices.Contains([]string{"amd64", "arm64"}, architecture) {
		return "", "", fmt.Errorf("build the agent for %s: only amd64 and arm64 are built: name your own image in CHAOSGATE_AGENT_IMAGE", architecture)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", "", fmt.Errorf("build the agent: %w: set XDG_CACHE_HOME", err)
	}
	b := builder{program: program, architecture: architecture, cache: filepath.Join(cache, "chaosgate", "agent-linux-"+architecture)}
	built, err := b.build(ctx)
	if err != nil {
		return "", "", fmt.Errorf("build the agent: %w", err)
	}
	return b.path(built), built.Digest, nil
}

// builder builds one program for one architecture into a directory.
type builder struct {
	program, architecture, cache string
	// ran is called when the toolchain runs. Only tests set it.
	ran func()
}

// build returns the last build if it is up to date, or else builds.
func (b builder) build(ctx context.Context) (built, error) {
	s, err := settingsHere(b.program, b.architecture)
	if err != nil {
		return built{}, err
	}
	if found, ok := b.upToDate(s); ok {
		return found, nil
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return built{}, err
	}
	// Parallel test processes wait for each other here. All but the first find the binary
	// built.
	unlock, err := lockedfile.MutexAt(filepath.Join(b.cache, "lock")).Lock()
	if err != nil {
		return built{}, err
	}
	defer unlock()
	if found, ok := b.upToDate(s); ok {
		return found, nil
	}
	return b.run(ctx, s)
}

// run builds with the toolchain and remembers the sources of the binary. If the sources
// are not known for certain, or have changed during the build, run remembers nothing and
// the toolchain runs again the next time.
func (b builder) run(ctx context.Context, s settings) (built, error) {
	if b.ran != nil {
		b.ran()
	}
	sources, known, err := b.sources(ctx, s)
	if err != nil {
		return built{}, err
	}
	before, err := sources.fingerprint()
	known = known && err == nil
	scratch := filepath.Join(b.cache, fmt.Sprintf("building-%d", os.Getpid()))
	defer func() { _ = os.Remove(scratch) }() // if it was not renamed
	if _, err := b.toolchain(ctx, s, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", scratch, b.program); err != nil {
		return built{}, err
	}
	digest, err := digestOf(scratch)
	if err != nil {
		return built{}, err
	}
	result := built{Sources: sources, Fingerprint: before, Digest: digest}
	if err := os.Rename(scratch, b.path(result)); err != nil {
		return built{}, err
	}
	after, err := sources.fingerprint()
	if known && err == nil && after == before {
		err = b.remember(s, result)
	}
	b.prune()
	return result, err
}

// toolchain runs a go command for the agent's platform and returns its output.
func (b builder) toolchain(ctx context.Context, s settings, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, s.tool, args...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+b.architecture, "GOFLAGS="+flags(os.Getenv("GOFLAGS")))
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
		return nil, fmt.Errorf("go %s: %w\n%srun `go mod tidy` if packages are missing, or name a ready image in CHAOSGATE_AGENT_IMAGE", args[0], err, stderr.String())
	}
	return stdout.Bytes(), nil
}

// flags removes the flags for instrumented binaries, which cannot be static.
func flags(goflags string) string {
	var kept []string
	for f := range strings.FieldsSeq(goflags) {
		if !slices.Contains([]string{"-race", "-cover", "-msan", "-asan"}, f) {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " ")
}
