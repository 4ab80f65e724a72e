package record

import (
	"strings"
	"testing"
)

func TestReplacement(t *testing.T) {
	for _, c := range []struct{ replacement, ref, want string }{
		{"acme/shop=1.4", "acme/shop:dev", "acme/shop:1.4"},
		{"acme/shop=1.4", "acme/shop", "acme/shop:1.4"},
		{"acme/shop:dev=1.4", "acme/shop:dev", "acme/shop:1.4"},
		{"acme/shop:dev=1.4", "acme/shop:next", ""},
		{"acme/shop=1.4", "acme/shopping:dev", ""},
		{"acme/shop=1.4", "other.test/acme/shop:dev", ""},
		{"acme/shop=old/shop:1", "acme/shop:dev", "old/shop:1"},
		{"shop=registry.test:5000/shop", "shop", "registry.test:5000/shop"},
		{"registry.test:5000/shop=1.4", "registry.test:5000/shop:dev", "registry.test:5000/shop:1.4"},
		{"registry.test:5000/shop=1.4", "registry.test:5000/shop", "registry.test:5000/shop:1.4"},
		{"shop=1.4", "shop:dev@sha256:0123", "shop:1.4"},
		{"shop=shop@sha256:4567", "shop:dev", "shop@sha256:4567"},
	} {
		all, err := ParseReplacements(c.replacement)
		if err != nil || len(all) != 1 || all[0].String() != c.replacement {
			t.Errorf("%s: %v, %v", c.replacement, all, err)
			continue
		}
		got, replaced := all[0].Of(c.ref)
		if replaced != (c.want != "") || replaced && got != c.want || !replaced && got != c.ref {
			t.Errorf("%s of %s: %s, %v", c.replacement, c.ref, got, replaced)
		}
	}
}

func TestParseReplacements(t *testing.T) {
	if all, err := ParseReplacements(""); all != nil || err != nil {
		t.Errorf("none: %v, %v", all, err)
	}
	if all, err := ParseReplacements("a=1, b=c/d:2"); err != nil || len(all) != 2 || all[1] != (Replacement{"b", "c/d:2"}) {
		t.Errorf("two: %v, %v", all, err)
	}
	for text, want := range map[string]string{
		"shop":        `"shop" does not say which image to replace by which`,
		"=1":          `"=1" does not say`,
		"shop=":       `"shop=" does not say`,
		"shop=1=2":    `"shop=1=2" does not say`,
		"a shop=1":    `"a shop=1" does not say`,
		"a=1,":        `"" does not say`,
		"a=1,b=2,a=3": "the image a is replaced twice",
	} {
		if _, err := ParseReplacements(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
