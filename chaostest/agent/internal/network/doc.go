// Package network does the faults of packets: delays and black holes in a
// target's network namespace.
//
// One small BPF program for each link and direction, the classifier, decides
// for every packet: does the filter match, does the lease still run. It counts
// what it matched and acts: lose, mark for netem, or redirect to the user-space
// path. Because the lease is a deadline in the program's map, a fault ends in
// the kernel when every process that knew of it is gone; what stays is an inert
// filter, which the next injection on that target sweeps away.
package network
