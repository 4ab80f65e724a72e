package newuser_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const modulePath = "github.com/chaosgate/chaosgate"

// publish makes a module proxy of files with this checkout as the only version, and
// returns its URL. The version is a digest of the content, so the module cache never has
// a different module under this version.
func publish() (proxy string) {
	GinkgoHelper()
	root, err := filepath.Abs("../../..")
	Expect(err).NotTo(HaveOccurred())
	dir := GinkgoT().TempDir()
	list := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	Expect(err).NotTo(HaveOccurred())
	hash := sha256.New()
	source := filepath.Join(dir, "source")
	for name := range strings.SplitSeq(strings.TrimSpace(string(names)), "\n") {
		content, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // removed, but not committed yet
		}
		Expect(err).NotTo(HaveOccurred())
		hash.Write([]byte(name + "\x00"))
		hash.Write(content)
		copied := filepath.Join(source, name)
		Expect(os.MkdirAll(filepath.Dir(copied), 0o755)).To(Succeed())
		Expect(os.WriteFile(copied, content, 0o600)).To(Succeed())
	}
	version := "v0.0.0-20260101000000-" + hex.EncodeToString(hash.Sum(nil))[:12]

	served := filepath.Join(dir, "proxy", filepath.FromSlash(modulePath), "@v")
	Expect(os.MkdirAll(served, 0o755)).To(Succeed())
	archive, err := os.Create(filepath.Join(served, version+".zip"))
	Expect(err).NotTo(HaveOccurred())
	Expect(zip.CreateFromDir(archive, module.Version{Path: modulePath, Version: version}, source)).To(Succeed())
	Expect(archive.Close()).To(Succeed())
	info, err := json.Marshal(map[string]any{"Version": version, "Time": time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	Expect(err).NotTo(HaveOccurred())
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	Expect(err).NotTo(HaveOccurred())
	for name, content := range map[string][]byte{
		version + ".info": info,
		version + ".mod":  mod,
		"list":            nil, // no version has a tag
		"../@latest":      info,
	} {
		Expect(os.WriteFile(filepath.Join(served, name), content, 0o600)).To(Succeed())
	}
	DeferCleanup(forget, version)
	return "file://" + filepath.ToSlash(filepath.Join(dir, "proxy"))
}

// forget removes the version from the module cache, because nothing else does.
func forget(version string) {
	GinkgoHelper()
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	Expect(err).NotTo(HaveOccurred())
	cache := strings.TrimSpace(string(out))
	unpacked := filepath.Join(cache, filepath.FromSlash(modulePath)+"@"+version)
	Expect(filepath.WalkDir(unpacked, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o755) // the go command makes them read-only
		}
		return err
	})).To(Or(Succeed(), MatchError(os.ErrNotExist)))
	Expect(os.RemoveAll(unpacked)).To(Succeed())
	downloads, err := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(modulePath), "@v", version+".*"))
	Expect(err).NotTo(HaveOccurred())
	for _, file := range downloads {
		Expect(os.Remove(file)).To(Succeed())
	}
}
