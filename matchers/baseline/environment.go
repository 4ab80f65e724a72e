package baseline

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
)

// Environment describes where a run ran. Runs of another system, architecture, processor
// model or number of processors are not compared. Another kernel or Go release is only said.
type Environment struct {
	OS   string `json:"os"`
	Arch string `json:"arch"`
	CPUs int    `json:"cpus"`
	// CPU is the processor's model. It is empty where it is not known, and then compared
	// with any.
	CPU    string `json:"cpu,omitempty"`
	Kernel string `json:"kernel"`
	// Go is the release that built the suite, such as "go1.26.8".
	Go string `json:"go"`
}

// String says the environment in one line: "linux/amd64, 2 CPUs (AMD EPYC 7B13), kernel
// 6.18.5, go1.26.8".
func (e Environment) String() string {
	model := ""
	if e.CPU != "" {
		model = " (" + e.CPU + ")"
	}
	return fmt.Sprintf("%s/%s, %d CPUs%s, kernel %s, %s", e.OS, e.Arch, e.CPUs, model, e.Kernel, e.Go)
}

// Here is the environment of this process: its machine, and the Go release that
// built it.
func Here() Environment {
	return Environment{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(), CPU: processorOnce(),
		Kernel: kernelOnce(), Go: runtime.Version(),
	}
}

// These ask only once, because neither changes while a process runs.
var (
	kernelOnce    = sync.OnceValue(kernel)
	processorOnce = sync.OnceValue(processor)
)

// Comparable reports whether runs of the two environments may be compared.
func (e Environment) Comparable(other Environment) bool {
	return e.OS == other.OS && e.Arch == other.Arch && e.CPUs == other.CPUs &&
		(e.CPU == other.CPU || e.CPU == "" || other.CPU == "")
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

var minor = regexp.MustCompile(`^\D*\d+\.\d+`)

// release is a release without its patch number.
func release(s string) string {
	if short := minor.FindString(s); short != "" {
		return short
	}
	return s
}

// differences says which other kernels and Go releases the runs had.
func (e Environment) differences(runs []Run) []string {
	kernels, gos := map[string]bool{}, map[string]bool{}
	for _, run := range runs {
		kernels[release(run.Environment.Kernel)], gos[release(run.Environment.Go)] = true, true
	}
	delete(kernels, release(e.Kernel))
	delete(gos, release(e.Go))
	var all []string
	if len(kernels) > 0 {
		all = append(all, fmt.Sprintf("kernel %s, here %s", strings.Join(sortedKeys(kernels), " and "), release(e.Kernel)))
	}
	if len(gos) > 0 {
		all = append(all, fmt.Sprintf("%s, here %s", strings.Join(sortedKeys(gos), " and "), release(e.Go)))
	}
	return all
}
