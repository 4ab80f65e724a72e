// Package network injects faults on packets in a target's network namespace.
//
// Each fault is one file with one value, a packetFault. It says which data paths can carry
// the fault, what it clashes with, and when it has taken effect. An injection attaches a
// classifier to every link and direction of the fault. The classifier decides about every
// packet: it lets the packet pass, drops it, or hands it to the data path. That is the
// kernel's netem or, on a kernel without netem, the user-space path.
//
// The world moves under a live fault. The agent hears from the kernel what changes in the
// namespace, and looks once a second at everything. A link that comes gets the fault. What
// somebody else has removed is put back. Each gap is in the evidence, with its cause.
//
// Several agents may meet in a namespace. They change it one at a time, under a lock that the
// kernel frees when its holder dies. Each classifier says in a map what it is, so that agents
// refuse what clashes with a fault that is there already, and share qdiscs and IFBs.
//
// The lease is a deadline in the classifier's map. So a fault ends in the kernel even if
// every process that knew of it is gone. Only a filter without effect stays behind, and the
// next injection on that target removes it.
package network
