package fault

import "fmt"

// Path is the mechanism that carries out a network fault.
type Path string

// The data paths. AutoPath takes netem if the kernel has it and nothing that is
// already there would be disturbed, and the user-space path otherwise.
const (
	AutoPath      Path = ""
	NetemPath     Path = "netem"
	UserSpacePath Path = "user space"
)

// Validate refuses paths that do not exist.
func (p Path) Validate() error {
	switch p {
	case AutoPath, NetemPath, UserSpacePath:
		return nil
	}
	return fmt.Errorf("data path %q: must be %q, %q, or empty to let the kernel decide", string(p), string(NetemPath), string(UserSpacePath))
}
