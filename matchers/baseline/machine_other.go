//go:build !linux && !darwin

package baseline

// kernel is unknown on this system.
func kernel() string { return "unknown" }

// processor is not known on this system.
func processor() string { return "" }
