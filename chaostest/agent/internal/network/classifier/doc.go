// Package classifier makes the BPF programs that decide what happens to packets.
//
// A program is attached to one direction of one link. For every packet it asks two
// questions: does the filter match, and is the lease still running? If both are true, it
// counts the packet and applies the outcome: it drops the packet, gives it to a class of an
// HTB, or sends it to another device. The lease is a deadline in a map. So a fault ends in
// the kernel even if every process that knew of it is gone.
//
// A pure function turns a Rule into instructions, and Load loads them into the kernel.
package classifier
