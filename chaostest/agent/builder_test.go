package agent

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// module is a module with a program. Its library comes from a local replacement.
type module struct {
	t     *testing.T
	dir   string
	cache string
	runs  int
}

func makeModule(t *testing.T) *module {
	t.Helper()
	m := &module{t: t, dir: t.TempDir(), cache: t.TempDir()}
	m.write("app/go.mod", "module example.test/app\n\ngo 1.25\n\nrequire example.test/lib v0.0.0\n\nreplace example.test/lib => ../lib\n")
	m.write("app/main.go", "package main\n\nimport \"example.test/lib/words\"\n\nfunc main() { println(words.Say()) }\n")
	m.write("lib/go.mod", "module example.test/lib\n\ngo 1.25\n")
	m.write("lib/words/words.go", "package words\n\nfunc Say() string { return \"one\" }\n")
	m.write("lib/words/words_test.go", "package words\n")
	m.write("lib/other/other.go", "package other\n")
	t.Chdir(filepath.Join(m.dir, "app"))
	t.Setenv("GOWORK", "")
	t.Setenv("GOFLAGS", "")
	return m
}

func (m *module) write(name, content string) {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// build builds, and reports whether the toolchain ran and what the program says.
func (m *module) build() (ran bool, says string) {
	m.t.Helper()
	before := m.runs
	b := builder{program: "example.test/app", architecture: architectureHere(m.t), cache: m.cache, ran: func() { m.runs++ }}
	result, err := b.build(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	if digest, err := digestOf(b.path(result)); err != nil || digest != result.Digest {
		m.t.Errorf("the binary's digest is %s, %v, want %s", digest, err, result.Digest)
	}
	output, err := exec.CommandContext(m.t.Context(), b.path(result)).CombinedOutput()
	if err != nil {
		m.t.Fatal(err)
	}
	return m.runs > before, strings.TrimSpace(string(output))
}

func (m *module) expect(ran bool, says, after string) {
	m.t.Helper()
	if gotRan, gotSays := m.build(); gotRan != ran || gotSays != says {
		m.t.Errorf("after %s: the toolchain ran: %v, want %v; the program says %q, want %q", after, gotRan, ran, gotSays, says)
	}
}

func architectureHere(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOOS", "GOARCH").Output()
	if err != nil {
		t.Fatal(err)
	}
	system, architecture, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if system != "linux" {
		t.Skip("the test runs a program that is built for Linux")
	}
	return architecture
}

func TestTheToolchainRunsOnlyWhenSomethingChanged(t *testing.T) {
	m := makeModule(t)
	m.expect(true, "one", "nothing was there")
	m.expect(false, "one", "no change")

	words := filepath.Join(m.dir, "lib/words/words.go")
	info, err := os.Stat(words)
	if err != nil {
		t.Fatal(err)
	}
	m.write("lib/words/words.go", "package words\n\nfunc Say() string { return \"two\" }\n")
	if err := os.Chtimes(words, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	m.expect(true, "two", "a change of the same size and with the same time")
	m.expect(false, "two", "no change")

	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(words, later, later); err != nil {
		t.Fatal(err)
	}
	m.write("lib/words/words_test.go", "package words // a test\n")
	m.write("lib/other/other.go", "package other // the program does not use it\n")
	m.expect(false, "two", "new times, and changes in files that the program does not use")

	m.write("lib/words/init.go", "package words\n\nfunc init() { println(\"hello\") }\n")
	m.expect(true, "hello\ntwo", "a new file")
	if err := os.Remove(filepath.Join(m.dir, "lib/words/init.go")); err != nil {
		t.Fatal(err)
	}
	m.expect(true, "two", "a removed file")
}

func TestADifferentModuleOrFlagMakesADifferentProgram(t *testing.T) {
	m := makeModule(t)
	m.expect(true, "one", "nothing was there")
	m.write("more/go.mod", "module example.test/lib\n\ngo 1.25\n")
	m.write("more/words/words.go", "package words\n\nfunc Say() string { return \"more\" }\n")
	m.write("app/go.mod", "module example.test/app\n\ngo 1.25\n\nrequire example.test/lib v0.0.0\n\nreplace example.test/lib => ../more\n")
	m.expect(true, "more", "another replacement")
	m.write("go.work", "go 1.25\n\nuse ./app\n\nreplace example.test/lib => ./lib\n")
	m.expect(true, "one", "a workspace that replaces it")
	m.expect(false, "one", "no change")
	t.Setenv("GOWORK", "off")
	m.expect(true, "more", "the workspace was left out")
	m.expect(false, "more", "no change")
	m.write("more/words/tagged.go", "//go:build loud\n\npackage words\n\nfunc init() { println(\"loud\") }\n")
	m.expect(true, "more", "a file for another tag")
	t.Setenv("GOFLAGS", "-tags=loud")
	m.expect(true, "loud\nmore", "the tag")
	t.Setenv("GOFLAGS", "")
	m.expect(false, "more", "the tag was removed, and the sources are as before")
}

func TestABinaryThatWasRemovedIsBuiltAgain(t *testing.T) {
	m := makeModule(t)
	m.expect(true, "one", "nothing was there")
	binaries, err := filepath.Glob(filepath.Join(m.cache, binaryPrefix+"*"))
	if err != nil || len(binaries) != 1 {
		t.Fatalf("binaries: %q, %v", binaries, err)
	}
	if err := os.Remove(binaries[0]); err != nil {
		t.Fatal(err)
	}
	m.expect(true, "one", "the binary was removed")
	summaries, err := filepath.Glob(filepath.Join(m.cache, summaryPrefix+"*"))
	if err != nil || len(summaries) != 1 {
		t.Fatalf("summaries: %q, %v", summaries, err)
	}
	if err := os.WriteFile(summaries[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.expect(true, "one", "the summary was damaged")
}

// With an overlay, files from elsewhere go into the build, so nothing is remembered.
func TestAnOverlayIsNeverTakenForUpToDate(t *testing.T) {
	m := makeModule(t)
	m.write("overlay.json", `{"Replace":{"`+filepath.Join(m.dir, "lib/words/words.go")+`":"`+filepath.Join(m.dir, "instead.go")+`"}}`)
	m.write("instead.go", "package words\n\nfunc Say() string { return \"instead\" }\n")
	t.Setenv("GOFLAGS", "-overlay="+filepath.Join(m.dir, "overlay.json"))
	m.expect(true, "instead", "an overlay")
	m.expect(true, "instead", "the same overlay")
}

func TestOldBinariesAreRemoved(t *testing.T) {
	b := builder{cache: t.TempDir()}
	for i := range keptFiles + 3 {
		path := filepath.Join(b.cache, binaryPrefix+string(rune('a'+i)))
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(i) * time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	b.prune()
	files, err := filepath.Glob(filepath.Join(b.cache, "*"))
	if err != nil || len(files) != keptFiles || !strings.HasSuffix(files[0], binaryPrefix+"d") {
		t.Errorf("in the cache: %q, %v", files, err)
	}
}
