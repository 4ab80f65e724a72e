package fault

import "fmt"

// KindMemoryFill is the kind of memory fills.
const KindMemoryFill Kind = "memory-fill"

// MemoryFillFault uses up memory. See MemoryFill.
type MemoryFillFault struct {
	Share Share `json:"share"`
}

var _ Fault = MemoryFillFault{}

// MemoryFill raises the container's memory without page cache to share of its memory
// limit, above 0 to 100 %. Page cache of files, often read (active) or not, does not
// count, because the kernel gives it up before it kills a process; the working set that
// Kubernetes evicts by counts the active part. A worker inside the container's cgroup
// holds the memory. It takes more when the container frees some, follows a limit that
// somebody changes, and otherwise gives nothing back, so a service that grows meets its
// limit. If memory runs out, the kernel kills the worker first. That is an error of the
// injection, never a success. The fill is exact to a percentage point, or to 256 KiB for
// each processor if that is more, because the kernel counts that much in advance. It is
// judged over the time that it lasted. The container must have a memory limit. Needs
// cgroup v1 or v2.
func MemoryFill(share Share) MemoryFillFault { return MemoryFillFault{Share: share} }

// Kind is KindMemoryFill.
func (f MemoryFillFault) Kind() Kind { return KindMemoryFill }

// Validate refuses shares outside (0 %, 100 %].
func (f MemoryFillFault) Validate() error {
	if err := f.Share.validate("the memory limit"); err != nil {
		return fmt.Errorf("memory fill: %w", err)
	}
	return nil
}

// String prints "memory fill to 80 % of the limit".
func (f MemoryFillFault) String() string {
	return fmt.Sprintf("memory fill to %s of the limit", f.Share)
}
