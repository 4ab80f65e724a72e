// Package docs_test holds the documents of the repository against its files.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// quoted is what stands between backticks on one line.
var quoted = regexp.MustCompile("`([^`\n]+)`")

// TestPathsExist holds that a path that a document names is there. A path has a
// slash, no space, and begins with a folder of the top level.
func TestPathsExist(t *testing.T) {
	const root = "../../.."
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			text, err := os.ReadFile(filepath.Join(root, name))
			g.Expect(err).NotTo(HaveOccurred())
			for _, match := range quoted.FindAllStringSubmatch(string(text), -1) {
				path := match[1]
				top, _, slash := strings.Cut(path, "/")
				if info, err := os.Stat(filepath.Join(root, top)); top == "" || !slash || strings.ContainsAny(path, " (*") || err != nil || !info.IsDir() {
					continue
				}
				g.Expect(filepath.Join(root, path)).To(BeAnExistingFile(), "%s names %s", name, path)
			}
		})
	}
}

// target is where a link of a document leads.
var target = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)

// TestLinksLead holds that a link within the repository leads somewhere.
func TestLinksLead(t *testing.T) {
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
