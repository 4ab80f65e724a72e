//go:build !linux

package agent

// raisePriority does nothing: only Linux has priorities of threads.
func raisePriority() {}
