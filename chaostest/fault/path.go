package fault

import "fmt"

// Path is a way to hold packets back in a network fault.
type Path string

// The data paths. AutoPath takes netem where the kernel has it and it can be
// used without disturbing what is there, else the user-space path.
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
