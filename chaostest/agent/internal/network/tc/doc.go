// Package tc uses the kernel's traffic control in one network namespace: links, qdiscs,
// filters on clsact, netem below an HTB class, and IFBs. It takes and compares snapshots,
// and removes what a killed agent left. It knows nothing about faults.
//
// Everything that it makes has a name that begins with "chaosgate", or a handle that is
// unlikely to be taken. So it can find these objects again.
package tc
