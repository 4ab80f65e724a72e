// Package keeper holds what the kernel does not end by itself: a file of a
// cgroup that a fault has set (a freezer, a quota, a limit) is set back in any
// case.
//
// The agent starts one keeper process, of its own binary, when it first needs
// it. The process leaves the groups of the agent's container, so that whoever
// kills the container does not find it. Before a fault sets a file, it has the
// keeper hold it. The keeper sets the file back when the fault's lease ends, when
// the target dies, and when its pipe closes, as it does when the agent dies in
// whichever way; then it ends. When the keeper dies, the agent starts it again.
//
// What is held is written down in the kernel, too (see cgroup.Claim). When agent
// and keeper are killed at the same moment, the next agent finds it there and
// undoes it.
package keeper
