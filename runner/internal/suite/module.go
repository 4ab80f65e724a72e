package suite

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// importPath is the import path of the package in a folder. It names a suite that has no
// description, because a baseline compares suites by their names, and each machine has
// another folder. Outside a module it is the folder's own name.
func importPath(dir string) string {
	if root, name := moduleOf(dir); name != "" {
		if below, err := filepath.Rel(root, dir); err == nil {
			return path.Join(name, filepath.ToSlash(below))
		}
	}
	return filepath.Base(dir)
}

// moduleOf is the folder of the module that a folder belongs to, and the module's name. Both
// are empty outside a module.
func moduleOf(dir string) (root, name string) {
	for at := dir; ; at = filepath.Dir(at) {
		if data, err := os.ReadFile(filepath.Join(at, "go.mod")); err == nil {
			if name := modfile.ModulePath(data); name != "" {
				return at, name
			}
		}
		if at == filepath.Dir(at) {
			return "", ""
		}
	}
}

// inModule is the path of a source file from the module of its suite, so that reports are
// the same on every machine and in every working directory. A file that is not in that
// module keeps its path.
func inModule(file, suiteDir string) string {
	root, name := moduleOf(canonical(suiteDir))
	if root == "" || file == "" {
		return file
	}
	if trimmed, ok := strings.CutPrefix(file, name+"/"); ok {
		return trimmed // of a build with -trimpath
	}
	below, err := filepath.Rel(root, filepath.Join(canonical(filepath.Dir(file)), filepath.Base(file)))
	if err != nil || !filepath.IsLocal(below) {
		return file
	}
	return filepath.ToSlash(below)
}
