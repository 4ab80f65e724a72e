package fault

import "time"

// Catalogue lists every fault once. The wire format, the documentation and the tests
// of all faults read it. A new fault is one more line here, and one in the agent's
// list of handlers.
var Catalogue = []Entry{
	entry(Delay(100*time.Millisecond), "fault.Delay(d, fault.Jitter(j))", "holds packets back, egress, ingress or both", "BPF (Linux 5.4, not rootless)", ""),
	entry(BlackHole(), "fault.BlackHole()", "loses packets in silence: no error to the sender, no RST", "BPF (Linux 5.4, not rootless)", ""),
	entry(CPUBurn(0.5), "fault.CPUBurn(50*Percent)", "brings the container to a share of its CPU quota, in a closed loop", "cgroup v1 or v2", ""),
	entry(CPUThrottle(0.5), "fault.CPUThrottle(50*Percent)", "lowers its CPU quota to a share of what it is", "CPU quotas (cgroup v1 or v2)", ""),
	entry(MemoryFill(0.8), "fault.MemoryFill(80*Percent)", "brings its memory without page cache to a share of its memory limit", "cgroup v1 or v2", "a memory limit"),
	entry(Pause(), "fault.Pause()", "freezes all its processes", "the cgroup freezer (v1, or v2 from Linux 5.2)", ""),
}

// Entry describes one fault of the catalogue.
type Entry struct {
	Kind Kind
	// Example is a valid fault of the kind.
	Example Fault
	// Call is how a spec writes the fault. Help says in one line what it does.
	Call, Help string
	// Kernel and Container say what the fault needs of each; empty means nothing.
	Kernel, Container string

	decode func(envelope) (Fault, error)
}

func entry[F Fault](example F, call, help, kernel, container string) Entry {
	return Entry{
		Kind: example.Kind(), Example: example, Call: call, Help: help, Kernel: kernel, Container: container,
		decode: decode[F],
	}
}
