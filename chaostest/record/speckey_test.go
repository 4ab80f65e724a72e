package record

import "testing"

func TestTheSpecIsKnownByItsKey(t *testing.T) {
	for _, c := range []struct{ suite, text, key string }{
		{"shop", "sells", "shop: sells"},
		{"shop", "cart: sells", "shop: cart: sells"},
		{"shop: cart", "sells", "shop:cart: sells"},
		{"shop: :  cart: ", "sells", "shop::cart:: sells"},
		{"shop:", ": sells", "shop:: : sells"},
		{"", "", ": "},
		{":", " sells", "::  sells"},
	} {
		key := SpecKey(c.suite, c.text)
		if text, ok := SpecText(key); key != c.key || text != c.text || !ok {
			t.Errorf("%q of %q: key %q with text %q, %v", c.text, c.suite, key, text, ok)
		}
	}
	if text, ok := SpecText("sells"); ok {
		t.Errorf("a key without a suite has the text %q", text)
	}
}

func FuzzSpecKey(f *testing.F) {
	f.Add("shop: cart", "sells: well")
	f.Fuzz(func(t *testing.T, suite, text string) {
		if got, ok := SpecText(SpecKey(suite, text)); got != text || !ok {
			t.Errorf("%q of %q became %q", text, suite, got)
		}
	})
}
