package fault

import "time"

// JitterOption is an option of the faults that hold packets back. It comes from
// Jitter.
type JitterOption time.Duration

// Jitter spreads a delay d evenly over d-j to d+j. Packets may overtake each other,
// as netem's do. There is no jitter unless it is asked for.
func Jitter(j time.Duration) JitterOption { return JitterOption(j) }

func (j JitterOption) applyDelay(f *DelayFault) { f.Jitter = time.Duration(j) }

// SeedOption is an option of every fault that draws random numbers. It comes from
// Seed.
type SeedOption uint64

// Seed makes what a fault draws the same in every run with the same packets.
// Without it a seed is drawn, and the attestation prints it. netem takes a seed from
// Linux 6.6 on; before that the attestation says that it was not used.
func Seed(seed uint64) SeedOption { return SeedOption(seed) }

func (s SeedOption) applyDelay(f *DelayFault) { f.Seed = uint64(s) }
