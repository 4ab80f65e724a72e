// Package userspace delays packets where the kernel has no netem. A classifier
// on the target's link redirects the packets of one direction to a TAP device
// that a Path makes in the target's network namespace; the Path holds each for
// its time and puts it back: on egress through a packet socket that skips the
// link's qdisc and its clsact hook, on ingress through the TAP, where a BPF
// program marks the packet and redirects it to the link's ingress. Packets
// carry virtio-net headers all the way, so that a large send stays one frame
// with its segment size and its unfinished checksum.
package userspace
