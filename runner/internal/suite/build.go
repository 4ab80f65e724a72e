package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/chaosgate/chaosgate/matchers/baseline"
)

const ginkgoCommand = "github.com/onsi/ginkgo/v2/ginkgo"

// Build builds the Ginkgo command into dir, under this name. It takes the version in the go.mod of the
// directory in which the suites run, so that the command and the suites agree. If that is
// empty, it is the working directory.
func Build(ctx context.Context, in, dir, name string) (path string, err error) {
	path = filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	_, err = goCommand(ctx, in, "build", "-o", path, ginkgoCommand)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("build the Ginkgo command: %w: install Go from https://go.dev/dl and put it on PATH", err)
	case err != nil:
		return "", fmt.Errorf("build the Ginkgo command from this module's go.mod: %w: run chaosgate inside the module of the suites; if its go.mod lacks Ginkgo, run: go get %s", err, ginkgoCommand)
	}
	return path, nil
}

// goVersion is the Go release that builds the suites, such as "go1.26.8".
func goVersion(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, "", "env", "GOVERSION")
	if err != nil {
		return "", fmt.Errorf("ask for Go's version: %w", err)
	}
	return strings.TrimSpace(out), nil
}

// ModuleFile is the path of the working directory's go.mod. It is empty outside a module.
func ModuleFile(ctx context.Context) string {
	out, err := goCommand(ctx, "", "env", "GOMOD")
	if path := strings.TrimSpace(out); err == nil && filepath.IsAbs(path) && filepath.Base(path) == "go.mod" {
		return path
	}
	return ""
}

// Here describes this machine, with the Go release that builds the suites. Without a go
// command it is the release that built this program.
func Here(ctx context.Context) baseline.Environment {
	here := baseline.Here()
	if release, err := goVersion(ctx); err == nil {
		here.Go = release
	}
	return here
}

// goCommand runs the go command in a directory. Its error holds what the command printed.
func goCommand(ctx context.Context, in string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = &stdout, &stderr, in
	if err := cmd.Run(); err != nil {
		if printed := strings.TrimSpace(stderr.String()); printed != "" {
			return "", fmt.Errorf("go %s: %w: %s", args[0], err, printed)
		}
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return stdout.String(), nil
}
