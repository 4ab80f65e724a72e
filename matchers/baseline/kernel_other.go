//go:build !linux && !darwin

package baseline

// kernel is the running kernel's release, where it can be asked for.
func kernel() string { return "unknown" }
