// Package userspace delays packets without the kernel's netem.
//
// A Path makes a TAP device in the target's network namespace. A classifier on the target's
// link redirects the packets of one direction to it. The Path holds each packet for its
// time and puts it back. On egress it uses a packet socket, which bypasses the link's qdisc
// and clsact hook. On ingress it writes to the TAP, where a BPF program marks the packet and
// redirects it to the ingress of the link.
//
// Packets keep their virtio-net headers. So a large send stays one frame, with its segment
// size and its unfinished checksum.
package userspace
