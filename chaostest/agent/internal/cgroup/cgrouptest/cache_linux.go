package cgrouptest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Cache starts a target that has read so many bytes of files three times, so that they
// are in the box's active page cache.
func (b *Box) Cache(t testing.TB, bytes int) *Target {
	t.Helper()
	script := fmt.Sprintf("f=%s/file; dd if=/dev/zero of=$f bs=1M count=%d conv=fsync status=none; ", t.TempDir(), bytes>>20)
	var system unix.Statfs_t
	if err := unix.Statfs(t.TempDir(), &system); err != nil {
		t.Fatal(err)
	}
	if system.Type == unix.TMPFS_MAGIC { // its files are memory: take files that nobody has read yet
		files := unread(t, bytes)
		script = "f='" + strings.Join(files, " ") + "'; "
		for i, file := range files { // the file system of user-mode-linux caches only what is open
			script += fmt.Sprintf("exec %d<%s; ", 3+i, file)
		}
	}
	target := b.Start(t, "/bin/sh", "-c", script+"cat $f $f $f >/dev/null; echo read; exec sleep 600")
	if said := target.Hear(t); said != "read" {
		t.Fatalf("the target said %q", said)
	}
	return target
}

// unread are files of the Go toolchain that have so many bytes together.
func unread(t testing.TB, bytes int) (files []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "pkg/tool/*/*")) //nolint:staticcheck // the toolchain that built this test
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		if info, err := os.Stat(file); err == nil && bytes > 0 {
			files = append(files, file)
			bytes -= int(info.Size())
		}
	}
	return files
}
