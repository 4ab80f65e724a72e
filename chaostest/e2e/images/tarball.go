package images

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// entry is a file of a root file system.
type entry struct {
	path    string // absolute
	mode    int64
	content []byte
}

// tarball packs files into a root file system. The same files always give the same
// bytes: no times, no owners, a fixed order. It adds the directories of the files, and
// /tmp for programs that need it.
func tarball(files []entry) ([]byte, error) {
	files = slices.SortedFunc(slices.Values(files), func(a, b entry) int { return cmp.Compare(a.path, b.path) })
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777, Format: tar.FormatPAX}); err != nil {
		return nil, fmt.Errorf("pack /tmp: %w", err)
	}
	made := map[string]bool{"tmp": true, ".": true}
	for _, file := range files {
		name := strings.TrimPrefix(path.Clean(file.path), "/")
		if err := packParents(w, path.Dir(name), made); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file.path, err)
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: file.mode, Size: int64(len(file.content)), Format: tar.FormatPAX}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file.path, err)
		}
		if _, err := w.Write(file.content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", file.path, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack the root file system: %w", err)
	}
	return packed.Bytes(), nil
}

func packParents(w *tar.Writer, dir string, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := packParents(w, path.Dir(dir), made); err != nil {
		return err
	}
	made[dir] = true
	return w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, Format: tar.FormatPAX})
}
