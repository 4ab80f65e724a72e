// Package classifier makes the BPF programs that decide what becomes of packets.
//
// A program hangs on one direction of one link. For every packet it asks: does
// the filter match, and does the lease still run? What matches while the lease
// runs is counted and gets the outcome: lost, given to a class of an HTB, or sent
// to another device. The lease is a deadline in a map, so that a fault ends in
// the kernel when every process that knew of it is gone.
//
// A Rule turns into instructions by a pure function; Load brings them into the
// kernel.
package classifier
