// Package docs_test checks the documents of the repository against its files.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// quoted is a text between backticks on one line.
var quoted = regexp.MustCompile("`([^`\n]+)`")

// TestPathsExist checks that every path in a document exists. A path has a slash and no
// space, and begins with a folder of the top level, but not with one that git ignores, such
// as that of the demo's reports.
func TestPathsExist(t *testing.T) {
	const root = "../../.."
	ignored, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			text, err := os.ReadFile(filepath.Join(root, name))
			g.Expect(err).NotTo(HaveOccurred())
			for _, match := range quoted.FindAllStringSubmatch(string(text), -1) {
				path := match[1]
				top, _, slash := strings.Cut(path, "/")
				if info, err := os.Stat(filepath.Join(root, top)); top == "" || !slash || slices.Contains(strings.Fields(string(ignored)), "/"+top+"/") || strings.ContainsAny(path, " (*") || err != nil || !info.IsDir() {
					continue
				}
				g.Expect(filepath.Join(root, path)).To(BeAnExistingFile(), "%s names %s", name, path)
			}
		})
	}
}

// target is the target of a link.
var target = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)

// TestLinksExist checks the links within the repository.
func TestLinksExist(t *testing.T) {
	const root = "../../.."
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			text, err := os.ReadFile(filepath.Join(root, name))
			g.Expect(err).NotTo(HaveOccurred())
			for _, match := range target.FindAllStringSubmatch(string(text), -1) {
				if strings.Contains(match[1], "://") {
					continue
				}
				g.Expect(filepath.Join(root, match[1])).To(BeAnExistingFile())
			}
		})
	}
}
