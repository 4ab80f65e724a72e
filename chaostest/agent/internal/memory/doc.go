// Package memory is the agent's injector for memory. A worker in the container's
// cgroup takes memory, until the container's memory without page cache reaches a share
// of its limit.
package memory
