package suite

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// expected lists the directories of the suites that Ginkgo will run, as absolute paths
// without links. It looks where Ginkgo looks: in the named directories, and below them if
// they end in /... or if a flag asks for it.
func (o Options) expected() []string {
	flags, _ := split(o.Flags)
	recursive, skipped := searching(flags)
	var all []string
	for _, name := range o.Packages {
		dir, below := strings.CutSuffix(name, "/...")
		dir = filepath.Join(o.In, dir)
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil //nolint:nilerr // Ginkgo reports a directory that does not exist
			case !entry.IsDir():
				return nil
			case path != dir && (!below && !recursive || hidden(entry.Name())), entry.Name() == "vendor":
				return fs.SkipDir
			}
			if isSuite(path) && !slices.ContainsFunc(skipped, func(part string) bool { return strings.Contains(relativeTo(o.In, path), part) }) {
				all = append(all, canonical(path))
			}
			return nil
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// searching returns what the flags say about the search: whether it goes on below each
// directory, and which parts of paths it skips.
func searching(flags []string) (recursive bool, skipped []string) {
	for i, flag := range flags {
		name, value, joined := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "r", "recurse":
			recursive = !joined || value == "true"
		case "skip-package", "skipPackage":
			if !joined && i+1 < len(flags) {
				value = flags[i+1]
			}
			skipped = append(skipped, strings.Split(value, ",")...)
		}
	}
	return recursive, skipped
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") }

// isSuite reports whether a test in the directory imports Ginkgo.
func isSuite(dir string) bool {
	tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(tests, func(path string) bool {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil || hidden(filepath.Base(path)) {
			return false
		}
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err == nil && (name == "github.com/onsi/ginkgo/v2" || strings.HasPrefix(name, "github.com/onsi/ginkgo/v2/dsl/")) {
				return true
			}
		}
		return false
	})
}

// canonical makes a path comparable: absolute, and without links.
func canonical(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// relativeTo is the path from a directory, such as "./shop". A path that is not below the
// directory stays as it is. An empty directory is the working directory.
func relativeTo(dir, path string) string {
	rest, err := filepath.Rel(canonical(dir), canonical(path))
	if err != nil || strings.HasPrefix(rest, "..") {
		return path
	}
	if rest == "." {
		return rest
	}
	return "." + string(filepath.Separator) + rest
}
