package leakcheck

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// leakVariable is the name of an environment variable. It names what this program leaks.
const leakVariable = "CHAOSGATE_LEAK"

func TestMain(m *testing.M) {
	leak, ok := os.LookupEnv(leakVariable)
	if !ok {
		Main(m)
	}
	patience = 500 * time.Millisecond
	os.Exit(run(func() int {
		switch leak {
		case "goroutine":
			go func() { select {} }()
		case "descriptor":
			f, err := os.Open(os.DevNull)
			if err != nil {
				return 3
			}
			leakedFile = f
		case "failed":
			go func() { select {} }()
			return 2
		}
		return 0
	}, func() error {
		if leak == "close" {
			return errors.New("it would not")
		}
		return nil
	}))
}

// leakedFile keeps the garbage collector from closing a file.
var leakedFile *os.File

// TestEveryPackageIsChecked finds packages with tests that do not check for leaks. The
// examples need not, because newcomers copy them.
func TestEveryPackageIsChecked(t *testing.T) {
	g := NewWithT(t)
	root := os.DirFS("../../..")
	checked := map[string]bool{}
	g.Expect(fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "examples" || path != "." && strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(root, path)
		dir := filepath.Dir(path)
		checked[dir] = checked[dir] || strings.Contains(string(source), "leakcheck.") || entry.Name() == "leakcheck_test.go"
		return err
	})).To(Succeed())
	g.Expect(len(checked)).To(BeNumerically(">", 15))
	maps.DeleteFunc(checked, func(_ string, ok bool) bool { return ok })
	g.Expect(checked).To(BeEmpty(), "add a TestMain that calls leakcheck.Main to these")
}

func TestLeaksAreFound(t *testing.T) {
	for leak, want := range map[string]struct {
		code int
		text string
	}{
		"nothing":    {0, ""},
		"goroutine":  {1, "left behind"},
		"descriptor": {1, ": " + os.DevNull},
		"failed":     {2, ""},
		"close":      {1, "close what the tests share: it would not"},
	} {
		t.Run(leak, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			if leak == "descriptor" && descriptors() == nil {
				t.Skip("this system does not list a process's descriptors")
			}
			c := exec.CommandContext(t.Context(), os.Args[0])
			c.Env = append(os.Environ(), leakVariable+"="+leak)
			var said strings.Builder
			c.Stderr = &said
			_ = c.Run()
			g.Expect(c.ProcessState.ExitCode()).To(Equal(want.code), said.String())
			g.Expect(said.String()).To(ContainSubstring(want.text))
			if want.text == "" {
				g.Expect(said.String()).To(BeEmpty())
			}
		})
	}
}
