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

// processor is the processor's model, or empty if the kernel does not say it.
func processor() string {
	model, err := syscall.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return model
}
