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

func TestAFileIsNamedFromItsModule(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "shop", "suite")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.test/m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "other_test.go")
	for _, here := range []string{root, dir, t.TempDir()} {
		t.Chdir(here)
		for file, want := range map[string]string{
			filepath.Join(dir, "a_test.go"):          "shop/suite/a_test.go",
			filepath.Join(root, "b_test.go"):         "b_test.go",
			elsewhere:                                elsewhere,
			"example.test/m/shop/suite/c_test.go":    "shop/suite/c_test.go",
			"":                                       "",
			"/machine/of/somebody/else/shop_test.go": "/machine/of/somebody/else/shop_test.go",
		} {
			if got := inModule(file, dir); got != want {
				t.Errorf("in %s: %s is %s, want %s", here, file, got, want)
			}
		}
	}
}
