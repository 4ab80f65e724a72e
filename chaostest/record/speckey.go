package record

import (
	"regexp"
	"strings"
)

var parting = regexp.MustCompile(`:\s+`)

// SpecKey names a spec in the baseline: "shop: sells" is the spec "sells" of the
// suite shop. A colon in the suite's name loses the space behind it, so that the
// first ": " ends the name, whatever the spec's text is.
func SpecKey(suite, text string) string {
	return parting.ReplaceAllString(suite, ":") + ": " + text
}

// SpecText is the spec's text in its SpecKey, and false where that is none.
func SpecText(key string) (text string, ok bool) {
	_, text, ok = strings.Cut(key, ": ")
	return text, ok
}
