package images

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

func TestTarballHoldsItsFilesAndTheirDirectories(t *testing.T) {
	packed, err := tarball([]entry{
		{path: "/usr/bin/b", mode: 0o755, content: []byte("B")},
		{path: "/usr/bin/a", mode: 0o644, content: []byte("A")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for r := tar.NewReader(bytes.NewReader(packed)); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, header.Name+string(content))
	}
	if want := []string{"tmp/", "usr/", "usr/bin/", "usr/bin/aA", "usr/bin/bB"}; !slices.Equal(got, want) {
		t.Errorf("entries are %q, want %q", got, want)
	}
}

func TestTheSameFilesGiveTheSameTag(t *testing.T) {
	a, b := entry{path: "/a", mode: 0o644}, entry{path: "/b", mode: 0o644}
	tag := func(variant string, changes []string, files ...entry) string {
		packed, err := tarball(files)
		if err != nil {
			t.Fatal(err)
		}
		return reference("shop", variant, "amd64", packed, changes)
	}
	same := tag("", nil, a, b)
	if other := tag("", nil, b, a); other != same {
		t.Errorf("order changes the tag: %s, %s", same, other)
	}
	for what, other := range map[string]string{
		"fewer files":   tag("", nil, a),
		"another mode":  tag("", nil, a, entry{path: "/b", mode: 0o755}),
		"other changes": tag("", []string{"EXPOSE 80/tcp"}, a, b),
		"a variant":     tag("careless", nil, a, b),
	} {
		if other == same {
			t.Errorf("%s give the same tag: %s", what, same)
		}
	}
}
