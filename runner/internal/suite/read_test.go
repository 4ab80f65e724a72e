package suite

import (
	"os"
	"path/filepath"
	"testing"
)

// A baseline knows a suite by its name, and each machine has another folder.
func TestASuiteWithoutADescriptionHasTheNameOfItsPackage(t *testing.T) {
	root := t.TempDir()
	shop := filepath.Join(root, "e2e", "shop")
	if err := os.MkdirAll(shop, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := importPath(shop); got != "shop" {
		t.Errorf("outside a module it is %s", got)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.test/m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{shop: "example.test/m/e2e/shop", root: "example.test/m"} {
		if got := importPath(dir); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
