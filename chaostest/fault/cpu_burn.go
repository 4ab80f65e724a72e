package fault

import "fmt"

// KindCPUBurn is the kind of CPU burns.
const KindCPUBurn Kind = "cpu-burn"

// CPUBurnFault uses up processor time. See CPUBurn.
type CPUBurnFault struct {
	Share Share `json:"share"`
}

var _ Fault = CPUBurnFault{}

// CPUBurn uses processor time until the whole container is at share of its CPU
// quota, above 0 to 100 %. A worker inside the container's cgroup follows the
// cgroup's usage counter: when the container itself uses more, the worker uses less.
// The share is that of the whole span, to a percentage point, and too much is as wrong
// as too little. A share that is smaller than what the worker itself costs is refused.
// Without a quota, the share is of all processors that the container may run on.
// Needs cgroup v1 or v2.
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
