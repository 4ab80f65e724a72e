package userspace

// WirePackets counts the packets of a frame.
var WirePackets = wirePackets
