package record

import (
	"fmt"
	"strings"
)

// ReplaceVariable is the name of an environment variable. It holds the images that are
// replaced on the reference's side of a paired comparison, such as
// "acme/shop=1.4,acme/cart:dev=registry.test/cart:2": see ParseReplacements. Every container
// that a suite starts with the word Run, of package chaostest or of a scope, honours it.
const ReplaceVariable = "CHAOSGATE_REPLACE"

// Replacement is an image that is run in the place of another one.
type Replacement struct {
	// Image is the image that a suite names, with or without its tag.
	Image string `json:"image"`
	// By is what runs instead: a tag of the same repository, or another image. A name with a
	// slash, a colon or an at sign is another image.
	By string `json:"by"`
}

// String is the replacement as ParseReplacements reads it: "acme/shop=1.4".
func (r Replacement) String() string { return r.Image + "=" + r.By }

// ParseReplacements reads replacements that are separated by commas.
func ParseReplacements(text string) ([]Replacement, error) {
	var all []Replacement
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		image, by, ok := strings.Cut(part, "=")
		r := Replacement{strings.TrimSpace(image), strings.TrimSpace(by)}
		switch {
		case !ok || r.Image == "" || r.By == "" || strings.ContainsAny(r.Image+r.By, " \t\n="):
			return nil, fmt.Errorf("%q does not say which image to replace by which: write IMAGE=TAG, such as acme/shop=1.4, or acme/shop:dev=acme/shop:1.4", part)
		case seen[r.Image]:
			return nil, fmt.Errorf("the image %s is replaced twice", r.Image)
		}
		seen[r.Image] = true
		all = append(all, r)
	}
	return all, nil
}

// Of returns the image that runs in the place of a reference, and whether it is replaced at
// all. Image may be the whole reference, or its repository.
func (r Replacement) Of(ref string) (image string, replaced bool) {
	repository := repositoryOf(ref)
	switch {
	case r.Image != ref && r.Image != repository:
		return ref, false
	case strings.ContainsAny(r.By, "/:@"):
		return r.By, true
	}
	return repository + ":" + r.By, true
}

// repositoryOf is a reference without its tag and its digest.
func repositoryOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	// A colon before the last slash is that of a registry's port.
	if colon := strings.LastIndex(ref, ":"); colon > strings.LastIndex(ref, "/") {
		ref = ref[:colon]
	}
	return ref
}
