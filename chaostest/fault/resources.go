package fault

import "fmt"

// CPUBurnFault uses up processor time. See CPUBurn.
type CPUBurnFault struct {
	Share Share `json:"share"`
}

var _ Fault = CPUBurnFault{}

// CPUBurn brings the whole container to share of its CPU quota, above 0 to
// 100 %: a burner inside the container's cgroup uses what the container itself
// leaves of the share, in a closed loop on the cgroup's own usage counter.
// Without a quota the whole is all processors the container may run on. Needs
// cgroup v1 or v2.
func CPUBurn(share Share) CPUBurnFault { return CPUBurnFault{Share: share} }

// Kind is KindCPUBurn.
func (f CPUBurnFault) Kind() Kind { return KindCPUBurn }

// Validate refuses shares outside (0 %, 100 %].
func (f CPUBurnFault) Validate() error {
	if err := f.Share.validate("the CPU quota"); err != nil {
		return fmt.Errorf("CPU burn: %w", err)
	}
	return nil
}

// String prints "CPU burn to 50 % of the quota".
func (f CPUBurnFault) String() string { return fmt.Sprintf("CPU burn to %s of the quota", f.Share) }

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

// PauseFault freezes a container. See Pause.
type PauseFault struct{}

var _ Fault = PauseFault{}

// Pause freezes all processes of the container with the cgroup freezer. The
// kernel goes on to acknowledge and accept connections for them, so it models a
// hung process and not a dead network (that is BlackHole). Needs cgroup v1, or
// v2 from Linux 5.2.
func Pause() PauseFault { return PauseFault{} }

// Kind is KindPause.
func (f PauseFault) Kind() Kind { return KindPause }

// Validate accepts every pause.
func (f PauseFault) Validate() error { return nil }

// String prints "pause".
func (f PauseFault) String() string { return "pause" }
