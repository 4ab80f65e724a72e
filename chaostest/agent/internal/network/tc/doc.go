// Package tc speaks with the kernel's traffic control in one network namespace:
// links, qdiscs, filters on clsact, netem below an HTB class, and IFBs. It takes
// snapshots of what is there, compares them, and sweeps away what an agent that
// was killed has left. It knows nothing of faults.
//
// Everything that it makes has a name that begins with "chaosgate", or a handle
// that is unlikely to be taken. So it finds its things again.
package tc
