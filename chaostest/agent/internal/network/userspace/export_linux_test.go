package userspace

import "github.com/vishvananda/netlink"

// OpenHolding is Open with another bound on the memory of held packets.
func OpenHolding(c Config, bytes int) (*Path, error) { return open(c, bytes) }

// What a thread that lacks a capability, or the TUN device, is told.
var (
	Visit     = visit
	AttachTAP = func() error { _, _, err := attachTAP(); return err }
	OpenOn    = func(link netlink.Link) error { _, err := openSocket(link); return err }
)
