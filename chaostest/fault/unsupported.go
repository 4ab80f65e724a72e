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
	// Needs is empty where Have alone is the reason.
	Needs string `json:"needs,omitempty"`
	Have  string `json:"have"`
	Do    string `json:"do,omitempty"`
}

// Error prints "delay on the netem path: unsupported, because it needs ..., but ...".
func (e *UnsupportedError) Error() string {
	s := e.What + ": unsupported, because "
	if e.Needs != "" {
		s += fmt.Sprintf("it needs %s, but ", e.Needs)
	}
	s += e.Have
	if e.Do != "" {
		s += ": " + e.Do
	}
	return s
}

// Is makes errors.Is(err, ErrUnsupported) true.
func (e *UnsupportedError) Is(target error) bool { return target == ErrUnsupported }
