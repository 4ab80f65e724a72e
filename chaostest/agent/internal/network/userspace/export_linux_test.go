package userspace

// OpenHolding is Open with another bound on the memory of held packets.
func OpenHolding(c Config, bytes int) (*Path, error) { return open(c, bytes) }
