package images

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadWithinKeepsLinksInsideTheRoot(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"bin", "usr/lib", "lib64"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "usr/lib/real"), []byte("it"), 0o644); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{
		"lib64/absolute": "/usr/lib/real",
		"bin/relative":   "../lib64/absolute",
		"bin/loop":       "loop",
		"bin/outside":    "/no/such/file",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"/usr/lib/real", "/lib64/absolute", "/bin/relative", "/lib/real"} {
		if got, err := readWithin(root, name); err != nil || string(got) != "it" {
			t.Errorf("readWithin(%s) is %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"/bin/loop", "/bin/outside", "/missing"} {
		if got, err := readWithin(root, name); err == nil {
			t.Errorf("readWithin(%s) is %q, want an error", name, got)
		}
	}
}
