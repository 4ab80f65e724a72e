// Package keeper ends the faults that the kernel does not end by itself. A fault
// may set a file of a cgroup, such as a freezer, a quota or a limit. The keeper
// makes sure that the file is set back, even when the agent is killed.
//
// The keeper is a process that the agent starts from the agent's binary when it
// first needs it. It leaves the cgroups of the agent's container, so that it
// survives when the container is killed. Before a fault sets a file, it asks the
// keeper to hold the file. The keeper sets the file back when the fault's lease
// lapses, when the target dies, and when its pipe closes, because then the agent
// has died. Without an agent the keeper ends once no file is held. When the
// keeper dies, the agent starts it again.
//
// The kernel keeps a note of each file that is held (see cgroup.Claim). When
// agent and keeper are killed at the same moment, the next agent finds the notes
// and sets the files back.
package keeper
