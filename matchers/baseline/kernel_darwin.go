package baseline

import "syscall"

// kernel is the running kernel's release.
func kernel() string {
	release, err := syscall.Sysctl("kern.osrelease")
	if err != nil {
		return "unknown"
	}
	return release
}
