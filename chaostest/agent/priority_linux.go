package agent

import "syscall"

// raisePriority gives the calling thread the highest priority. Without CAP_SYS_NICE the
// kernel refuses, and the thread goes on as it is.
func raisePriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, -20) }
