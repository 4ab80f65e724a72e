package fault

// KindPause is the kind of pauses.
const KindPause Kind = "pause"

// PauseFault freezes a container. See Pause.
type PauseFault struct{}

var _ Fault = PauseFault{}

// Pause freezes all processes of the container with the cgroup freezer, also those in
// groups that the container has made itself. A container that somebody else thaws is
// frozen again at once, and the evidence has the gap. The kernel
// still accepts and acknowledges connections for them, so a pause is like a process
// that hangs, not like a dead network; for that use BlackHole. Needs cgroup v1, or v2
// from Linux 5.2.
func Pause() PauseFault { return PauseFault{} }

// Kind is KindPause.
func (f PauseFault) Kind() Kind { return KindPause }

// Validate accepts every pause.
func (f PauseFault) Validate() error { return nil }

// String prints "pause".
func (f PauseFault) String() string { return "pause" }
