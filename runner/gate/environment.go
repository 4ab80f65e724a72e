package gate

import (
	"fmt"
	"regexp"
)

// Environment is the fingerprint of where a run ran. Runs of different
// environments are not compared.
type Environment struct {
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPUs   int    `json:"cpus"`
	Kernel string `json:"kernel"`
	// Go is the release that built the suite, such as "go1.26.8".
	Go string `json:"go"`
}

// String says the environment in one line: "linux/amd64, 2 CPUs, kernel 6.18.5, go1.26.8".
func (e Environment) String() string {
	return fmt.Sprintf("%s/%s, %d CPUs, kernel %s, %s", e.OS, e.Arch, e.CPUs, e.Kernel, e.Go)
}

var minor = regexp.MustCompile(`^\D*\d+\.\d+`)

// Comparable reports whether runs of the two environments may be compared:
// patch releases of the kernel and of Go do not part them, all else does.
func (e Environment) Comparable(other Environment) bool {
	return e.cut() == other.cut()
}

func (e Environment) cut() Environment {
	if s := minor.FindString(e.Kernel); s != "" {
		e.Kernel = s
	}
	if s := minor.FindString(e.Go); s != "" {
		e.Go = s
	}
	return e
}
