// Package network does the faults of packets in a target's network namespace.
//
// Each fault is one file with one value, a packetFault: which data paths can
// carry it, what it clashes with, when it has had its effect. An injection hangs
// a classifier on every link and direction that the fault is for. The classifier
// decides for every packet, and loses it or hands it to the data path: the
// kernel's netem, or the user-space path where there is none.
//
// Because the lease is a deadline in the classifier's map, a fault ends in the
// kernel when every process that knew of it is gone. What stays is a filter that
// does nothing, which the next injection on that target sweeps away.
package network
