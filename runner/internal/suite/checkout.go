package suite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Checkout is a revision of the repository of the working directory, checked out beside it.
type Checkout struct {
	// Commit is the hash of the revision.
	Commit string
	// In is the directory that the working directory is in the revision.
	In   string
	root string
}

// NoRevisionError says that there is no such revision to check out.
type NoRevisionError struct{ Ref, Why string }

func (e *NoRevisionError) Error() string { return fmt.Sprintf("check out %q: %s", e.Ref, e.Why) }

// CheckOut checks a revision out into a new directory, with git worktree. The checkout must
// be removed, also after an error.
func CheckOut(ctx context.Context, ref, dir string) (c Checkout, err error) {
	c = Checkout{root: dir}
	prefix, err := git(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return c, &NoRevisionError{ref, fmt.Sprintf("the working directory is in no git repository: %v", err)}
	}
	if c.Commit, err = git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}"); err != nil {
		return c, &NoRevisionError{ref, "there is no such revision: in CI, fetch it first, such as with git fetch origin main"}
	}
	// No hook of the repository is run.
	if _, err = git(ctx, "-c", "core.hooksPath="+os.DevNull, "worktree", "add", "--quiet", "--detach", dir, c.Commit); err != nil {
		return c, fmt.Errorf("check out %s: %w", ref, err)
	}
	c.In = filepath.Join(dir, filepath.FromSlash(prefix))
	if _, err := os.Stat(c.In); err != nil {
		return c, &NoRevisionError{ref, fmt.Sprintf("it has no directory %s", prefix)}
	}
	return c, nil
}

// Remove removes the checkout.
func (c Checkout) Remove(ctx context.Context) error {
	if _, err := os.Stat(c.root); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	// Forced twice, because it is locked if a signal ended git while it checked out.
	if _, err := git(ctx, "worktree", "remove", "--force", "--force", c.root); err != nil {
		return fmt.Errorf("remove the checkout of the reference: %w", err)
	}
	return nil
}

// Compile compiles the suites of the checkout, and so finds out whether they can be.
func (c Checkout) Compile(ctx context.Context, packages, flags []string) error {
	args := []string{"list", "-export", "-test"}
	ginkgo, _ := split(flags)
	for n, flag := range ginkgo {
		switch name, value, joined := strings.Cut(strings.TrimLeft(flag, "-"), "="); {
		case name != "tags" || flag == name:
		case joined:
			args = append(args, "-tags="+value)
		case n+1 < len(ginkgo):
			args = append(args, "-tags="+ginkgo[n+1])
		}
	}
	_, err := goCommand(ctx, c.In, append(append(args, "--"), packages...)...)
	return err
}

// git runs git in the working directory. A signal ends it as it ends by itself on one, so
// that it removes what it has half made.
func git(ctx context.Context, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			return cmd.Process.Kill() // Windows has no such signal
		}
		return nil
	}
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		if printed := strings.TrimSpace(stderr.String()); printed != "" {
			return "", fmt.Errorf("git: %w: %s", err, printed)
		}
		return "", fmt.Errorf("git: %w", err)
	}
	return strings.TrimSpace(stdout.String()), nil
}
