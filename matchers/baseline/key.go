package baseline

import (
	"cmp"
	"fmt"
)

// Key identifies a window of a run.
type Key struct {
	Suite  string `json:"suite"`
	Spec   string `json:"spec"`
	Probe  string `json:"probe"`
	Number int    `json:"number"`
}

// Key identifies the window.
func (w Window) Key() Key { return Key{w.Suite, w.Spec, w.Probe, w.Number} }

// String says the window in one line.
func (k Key) String() string {
	return fmt.Sprintf("window %d of %s in %q of the suite %s", k.Number, k.Probe, k.Spec, k.Suite)
}

// Compare orders windows for reports.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Suite, other.Suite), cmp.Compare(k.Spec, other.Spec),
		cmp.Compare(k.Probe, other.Probe), cmp.Compare(k.Number, other.Number))
}
