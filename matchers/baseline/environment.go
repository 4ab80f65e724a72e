package baseline

import (
	"fmt"
	"regexp"
	"runtime"
	"sync"
)

// Environment describes where a run ran. Runs of different environments are not
// compared.
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

// Here is the environment of this process: its machine, and the Go release that
// built it.
func Here() Environment {
	return Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		Kernel: kernelOnce(), Go: runtime.Version(),
	}
}

// kernelOnce asks only once, because the kernel does not change while a process runs.
var kernelOnce = sync.OnceValue(kernel)

var minor = regexp.MustCompile(`^\D*\d+\.\d+`)

// Comparable reports whether runs of the two environments may be compared. They may
// differ in the patch releases of the kernel and of Go, and in nothing else.
func (e Environment) Comparable(other Environment) bool {
	return e.cut() == other.cut()
}

// Among divides runs into those of comparable environments and the others.
func (e Environment) Among(runs []Run) (here, foreign []Run) {
	for _, run := range runs {
		if e.Comparable(run.Environment) {
			here = append(here, run)
		} else {
			foreign = append(foreign, run)
		}
	}
	return here, foreign
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
