// Package injectortest is the conformance suite for faults on a container's cgroup.
// Every such fault must behave alike when it is refused, canceled or reverted, when
// its lease lapses, and when its target or its agent dies.
package injectortest
