package fault

import (
	"errors"
	"fmt"
)

// ErrUnsupported matches every UnsupportedError, for errors.Is.
var ErrUnsupported = errors.New("unsupported")

// UnsupportedError says that this machine cannot do a fault exactly, and why.
// Nothing has been touched when it is returned.
type UnsupportedError struct {
	// What was asked for: "delay on the netem path".
	What string `json:"what"`
	// Needs is what the fault needs, Have what was found, and Do what the user can do.
	Needs string `json:"needs"`
	Have  string `json:"have"`
	Do    string `json:"do,omitempty"`
}

// Error prints "delay on the netem path: unsupported, because it needs ..., but ...".
func (e *UnsupportedError) Error() string {
	s := fmt.Sprintf("%s: unsupported, because it needs %s, but %s", e.What, e.Needs, e.Have)
	if e.Do != "" {
		s += ": " + e.Do
	}
	return s
}

// Is makes errors.Is(err, ErrUnsupported) true.
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }
