package fault

import (
	"errors"
	"fmt"
)

// KindCPUThrottle is the kind of CPU throttles.
const KindCPUThrottle Kind = "cpu-throttle"

// CPUThrottleFault makes processors slow. See CPUThrottle.
type CPUThrottleFault struct {
	Share Share `json:"share"`
}

var _ Fault = CPUThrottleFault{}

// CPUThrottle lowers the container's CPU quota to share of its present value, above 0
// and below 100 %. It makes processors slow, where CPUBurn makes them busy. Without a
// quota, the share is of all processors that the container may run on. The new quota
// is exact to a microsecond in each period. The kernel allows no quota below 1 ms, so
// less is refused. A container that needs less than the new quota is not slowed down,
// and the evidence says so. Needs cgroup v1 or v2 with CPU quotas.
func CPUThrottle(share Share) CPUThrottleFault { return CPUThrottleFault{Share: share} }

// Kind is KindCPUThrottle.
func (f CPUThrottleFault) Kind() Kind { return KindCPUThrottle }

// Validate refuses shares outside (0 %, 100 %).
func (f CPUThrottleFault) Validate() error {
	err := f.Share.validate("the CPU quota")
	if err == nil && f.Share == 1 {
		err = errors.New("share 100 % of the CPU quota: must be below 100 %: leave the fault out to do nothing")
	}
	if err != nil {
		return fmt.Errorf("CPU throttle: %w", err)
	}
	return nil
}

// String prints "CPU throttle to 50 % of the quota".
func (f CPUThrottleFault) String() string {
	return fmt.Sprintf("CPU throttle to %s of the quota", f.Share)
}
