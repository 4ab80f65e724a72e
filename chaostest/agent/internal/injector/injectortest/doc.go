// Package injectortest is the conformance suite that every fault on a container's
// cgroup passes: it is refused, given up, reverted, left by its host and killed
// as the others are.
package injectortest
