package fault

import "fmt"

// KindMemoryFill is the kind of memory fills.
const KindMemoryFill Kind = "memory-fill"

// MemoryFillFault uses up memory. See MemoryFill.
type MemoryFillFault struct {
	Share Share `json:"share"`
}

var _ Fault = MemoryFillFault{}

// MemoryFill brings the container's working set (usage less inactive page
// cache) to share of its memory limit, above 0 to 100 %, and holds it: a worker
// inside the container's cgroup owns the memory, tops it up, and gives nothing
// back, so that a service that grows meets its limit. The kernel kills the
// worker first; such a kill is an error of the injection, never its success.
// It is exact to a percentage point, or to 256 KiB a processor where that is more:
// so much the kernel counts in advance. The container must have a memory limit.
// Needs cgroup v1 or v2.
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
