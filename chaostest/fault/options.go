package fault

import "time"

// JitterOption is an option of the faults that hold packets back. It comes from
// Jitter.
type JitterOption time.Duration

// Jitter spreads a delay d evenly from d-j to d+j. Packets may overtake each other,
// as they do with netem. Without this option there is no jitter.
func Jitter(j time.Duration) JitterOption { return JitterOption(j) }

func (j JitterOption) applyDelay(f *DelayFault) { f.Jitter = time.Duration(j) }

// SeedOption is an option of every fault that makes random choices. It comes from
// Seed.
type SeedOption uint64

// Seed makes a fault treat the same packets the same way in every run. Without this
// option a seed is drawn at random, and the attestation prints it. netem takes a seed
// from Linux 6.6 on; on an older kernel the attestation says that it was not used.
func Seed(seed uint64) SeedOption { return SeedOption(seed) }

func (s SeedOption) applyDelay(f *DelayFault) { f.Seed = uint64(s) }
