package images

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// programFiles finds the programs in an unpacked root file system, with their loader and
// all libraries that they need.
func programFiles(root string, programs []string) ([]entry, error) {
	found := make(map[string]entry)
	todo := slices.Clone(programs)
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if _, seen := found[name]; seen {
			continue
		}
		content, err := readWithin(root, name)
		if err != nil {
			return nil, fmt.Errorf("find %s in the packages: %w", name, err)
		}
		found[name] = entry{path: name, mode: 0o755, content: content}
		needed, err := needs(root, content)
		if err != nil {
			return nil, fmt.Errorf("read what %s needs: %w", name, err)
		}
		todo = append(todo, needed...)
	}
	return slices.Collect(maps.Values(found)), nil
}

// needs lists the loader and the libraries of a program, by their paths in root.
func needs(root string, program []byte) ([]string, error) {
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return nil, err
	}
	var needed []string
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		loader := make([]byte, segment.Filesz)
		if _, err := segment.ReadAt(loader, 0); err != nil {
			return nil, err
		}
		needed = append(needed, strings.TrimRight(string(loader), "\x00"))
	}
	libraries, err := file.ImportedLibraries()
	if err != nil {
		return nil, err
	}
	for _, library := range libraries {
		if strings.HasPrefix(library, "ld-linux") {
			continue // the loader was found above
		}
		where, err := findLibrary(root, library)
		if err != nil {
			return nil, err
		}
		needed = append(needed, where)
	}
	return needed, nil
}

// findLibrary looks where Debian's loader looks: in the architecture's directory.
func findLibrary(root, library string) (string, error) {
	for _, pattern := range []string{"/lib/*-linux-gnu", "/usr/lib/*-linux-gnu"} {
		matches, err := filepath.Glob(filepath.Join(root, pattern, library))
		if err != nil {
			return "", err
		}
		if len(matches) > 0 {
			return strings.TrimPrefix(matches[0], root), nil
		}
	}
	return "", fmt.Errorf("no package holds the library %s", library)
}

// readWithin reads a file and follows symbolic links as if root were "/". On systems
// where /lib is a link to /usr/lib, packages contain only /usr/lib.
func readWithin(root, name string) ([]byte, error) {
	for range 10 {
		info, err := os.Lstat(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) && !strings.HasPrefix(name, "/usr/") {
			name = "/usr" + name
			continue
		}
		if err != nil {
			return nil, err
		}
		if info.Mode().Type() != fs.ModeSymlink {
			return os.ReadFile(filepath.Join(root, name))
		}
		target, err := os.Readlink(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		name = target
	}
	return nil, fmt.Errorf("too many symbolic links at %s", name)
}
