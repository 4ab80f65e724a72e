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

// Package is the agent's program.
const Package = "github.com/chaosgate/chaosgate/chaostest/agent/cmd/chaosgate-agent"

// Build builds the agent for Linux on the given architecture ("amd64" or
// "arm64") with the caller's Go toolchain, from the version of this module that
// the caller's go.mod names, and returns the binary's path. The Go build cache
// makes a second call cheap.
func Build(ctx context.Context, architecture string) (string, error) {
	if !slices.Contains([]string{"amd64", "arm64"}, architecture) {
		return "", fmt.Errorf("build the agent for %s: only amd64 and arm64 are built: name an image of your own in CHAOSGATE_AGENT_IMAGE", architecture)
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("build the agent: %w: install Go, or name a ready image in CHAOSGATE_AGENT_IMAGE", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("build the agent: %w: set XDG_CACHE_HOME", err)
	}
	dir := filepath.Join(cache, "chaosgate", "agent-linux-"+architecture)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("build the agent: %w", err)
	}
	// Parallel test processes build into one place, one after the other: all but
	// the first find it up to date, which spares them the linking.
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return "", fmt.Errorf("build the agent: %w", err)
	}
	defer unlock()
	binary := filepath.Join(dir, "chaosgate-agent")
	command := exec.CommandContext(ctx, tool, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, Package)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+architecture, "GOFLAGS="+flags(os.Getenv("GOFLAGS")))
	var stderr bytes.Buffer
	command.Stderr = &stderr
	if err := command.Run(); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
		return "", fmt.Errorf("build the agent: %w\n%srun `go mod tidy` if packages are missing, or name a ready image in CHAOSGATE_AGENT_IMAGE", err, stderr.String())
	}
	return binary, nil
}

// flags drops what a static, unmeasured binary cannot be built with.
func flags(goflags string) string {
	var kept []string
	for f := range strings.FieldsSeq(goflags) {
		if !slices.Contains([]string{"-race", "-cover", "-msan", "-asan"}, f) {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, " ")
}
