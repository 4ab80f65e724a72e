package fault

import "fmt"

// KindCPUBurn is the kind of CPU burns.
const KindCPUBurn Kind = "cpu-burn"

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
