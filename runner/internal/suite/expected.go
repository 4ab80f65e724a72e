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

// expected are the directories of the suites that Ginkgo will run, as absolute paths
// without links. It looks where Ginkgo looks: in the named directories, and below
// those that end in /... or where it is told to go down.
func (o Options) expected() []string {
	flags, _ := split(o.Flags)
	down, skipped := searching(flags)
	var all []string
	for _, name := range o.Packages {
		dir, recursive := strings.CutSuffix(name, "/...")
		_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil //nolint:nilerr // what is not there is for Ginkgo to say
			case !entry.IsDir():
				return nil
			case path != dir && (!recursive && !down || hidden(entry.Name())), entry.Name() == "vendor":
				return fs.SkipDir
			}
			if isSuite(path) && !slices.ContainsFunc(skipped, func(part string) bool { return strings.Contains(relative(path), part) }) {
				all = append(all, canonical(path))
			}
			return nil
		})
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// searching is what the flags say of the search: whether it goes down from each
// directory, and parts of the paths that are left out.
func searching(flags []string) (down bool, skipped []string) {
	for i, flag := range flags {
		name, value, joined := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		switch name {
		case "r", "recurse":
			down = !joined || value == "true"
		case "skip-package", "skipPackage":
			if !joined && i+1 < len(flags) {
				value = flags[i+1]
			}
			skipped = append(skipped, strings.Split(value, ",")...)
		}
	}
	return down, skipped
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

// canonical is a path as it can be compared: absolute, and without links.
func canonical(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return path
}

// relative is a path from the working directory, such as "./shop", or the path where
// there is none.
func relative(path string) string {
	rest, err := filepath.Rel(canonical("."), canonical(path))
	if err != nil || strings.HasPrefix(rest, "..") {
		return path
	}
	if rest == "." {
		return rest
	}
	return "." + string(filepath.Separator) + rest
}

// relativeFile is a source file's path from the working directory, where the file is
// below it: reports then say the same on every machine.
func relativeFile(path string) string {
	rest, err := filepath.Rel(canonical("."), canonical(path))
	if path == "" || err != nil || strings.HasPrefix(rest, "..") {
		return path
	}
	return filepath.ToSlash(rest)
}
