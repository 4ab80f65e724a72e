package suite

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is a new repository with one commit of a module. It is the working directory.
func repository(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod":         "module example.test/shop\n",
		"shop_test.go":   "package shop\n",
		"broken_test.go": "//go:build broken\n\npackage shop\n\nvar _ = missing\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "-A"}, {"-c", "user.name=dev", "-c", "user.email=dev@example.test", "commit", "--quiet", "-m", "Sell"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
}

func checkouts(t *testing.T) int {
	t.Helper()
	list, err := git(t.Context(), "worktree", "list")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(list, "\n") + 1
}

func TestCheckOutIsRemovedWithoutATrace(t *testing.T) {
	repository(t)
	dir := filepath.Join(t.TempDir(), "reference")
	c, err := CheckOut(t.Context(), "HEAD", dir)
	if err != nil || len(c.Commit) != 40 || c.In != dir || checkouts(t) != 2 {
		t.Fatalf("%+v, %v, %d checkouts", c, err, checkouts(t))
	}
	if err := os.WriteFile(filepath.Join(dir, "report.json"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Remove(t.Context()), c.Remove(t.Context())); err != nil || checkouts(t) != 1 {
		t.Errorf("%v, %d checkouts", err, checkouts(t))
	}
	// A hook of the repository would run in the middle of the comparison.
	hook := filepath.Join(".git", "hooks", "post-checkout")
	if err := errors.Join(os.MkdirAll(filepath.Dir(hook), 0o700), os.WriteFile(hook, []byte("#!/bin/sh\nexit 1\n"), 0o700)); err != nil {
		t.Fatal(err)
	}
	c, err = CheckOut(t.Context(), "HEAD", dir)
	if err := errors.Join(err, c.Remove(t.Context())); err != nil {
		t.Error(err)
	}
}

func TestCheckOutThatASignalEndsLeavesNothing(t *testing.T) {
	repository(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := CheckOut(ctx, "HEAD", filepath.Join(t.TempDir(), "reference"))
	if err == nil {
		t.Error("it was checked out")
	}
	if err := c.Remove(t.Context()); err != nil || checkouts(t) != 1 {
		t.Errorf("%v, %d checkouts", err, checkouts(t))
	}
}

func TestCompileTakesTheTagsOfTheSuites(t *testing.T) {
	repository(t)
	c, err := CheckOut(t.Context(), "HEAD", filepath.Join(t.TempDir(), "reference"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Remove(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	for flags, broken := range map[string]bool{
		"": false, "--race": false, "--tags=other": false, "-- --tags=broken": false,
		"--tags=broken": true, "--tags broken": true, "-tags=broken": true, "--race --tags=other,broken": true,
	} {
		err := c.Compile(t.Context(), []string{"./..."}, strings.Fields(flags))
		if (err != nil) != broken || broken && !strings.Contains(err.Error(), "undefined: missing") {
			t.Errorf("%q: %v", flags, err)
		}
	}
}
